import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import { toOpenAiError } from '../errors/openai-error.ts'
import { registerModelRoutes } from './model-routes.ts'
import { registerOpsRoutes, type OpsRouteOptions } from './ops-routes.ts'
import { createRelayHandler, errorHeaders, type RelayHandlerOptions } from './relay-handler.ts'
import { ambiguityOf, MAXIMUM_TARGET_BYTES } from './request-target.ts'

/** Larger header blocks get 431. */
const MAXIMUM_HEADER_BYTES = 16 * 1024
/** A client that takes longer for its headers is holding a connection, not asking. */
const HEADERS_LIMIT_MS = 10_000
const CONNECTION_CHECK_MS = 2_000
/** Longer than the idle time of the usual load balancers (60 s), so that they close first. */
const KEEP_ALIVE_MS = 75_000

export interface ServerOptions extends OpsRouteOptions, RelayHandlerOptions {
  readonly log: (error: unknown, requestId: string) => void
}

/** The public HTTP surface. Hooks outside of the relay: identify, refuse ambiguity, the error envelope. */
export function createServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    logger: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    http: { maxHeaderSize: MAXIMUM_HEADER_BYTES, headersTimeout: HEADERS_LIMIT_MS, connectionsCheckingInterval: CONNECTION_CHECK_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 512 },
    // A path that can't be decoded: no hook sees it.
    frameworkErrors: (_error, request, reply) =>
      sendError(new GatewayError('not_found', 'There is nothing at this path'), request, reply.header('x-request-id', request.id)),
  })
  // Bodies are read by the relay's handlers, each endpoint in its own way.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  // 100 Continue is sent by hand, once the request has passed authentication.
  server.server.on('checkContinue', (request, response) => server.server.emit('request', request, response))
  server.addHook('onRequest', (request, _reply, done) => {
    const { url, httpVersion, rawHeaders } = request.raw
    if (url !== undefined && url.length > MAXIMUM_TARGET_BYTES)
      return done(new GatewayError('uri_too_long', 'The request target is too long'))
    const ambiguity = ambiguityOf({ url: url ?? '', httpVersion, rawHeaders })
    done(ambiguity === undefined ? undefined : new GatewayError('ambiguous_request', `The request is ambiguous: ${ambiguity}`))
  })
  // Relayed answers are written past this hook, and carry these headers by themselves.
  server.addHook('onSend', (request, reply, _payload, done) => {
    void reply.header('x-request-id', request.id)
    if (options.closing()) void reply.header('connection', 'close')
    done()
  })
  server.setNotFoundHandler((request, reply) => {
    const known = ENDPOINT_DEFINITIONS.some(({ paths }) => paths.includes(request.url.split('?')[0] ?? ''))
    const error = known
      ? new GatewayError('method_not_allowed', 'This path takes POST only')
      : new GatewayError('not_found', `There is nothing at this path`)
    return sendError(error, request, reply)
  })
  server.setErrorHandler((error, request, reply) => {
    const known = toGatewayError(error)
    if (known.code === 'internal_error') options.log(error, request.id)
    return sendError(known, request, reply)
  })
  for (const endpoint of ENDPOINT_DEFINITIONS) {
    // As a hook, the last one: the framework's own reading of bodies, which would come next, has nothing to do here.
    const onRequest = createRelayHandler(endpoint, options)
    for (const path of endpoint.paths) server.post(path, { onRequest }, () => undefined)
  }
  registerModelRoutes(server, options.ports)
  registerOpsRoutes(server, options)
  return server
}

/** A client's own id is taken over if it is clean: it stands in logs and headers. */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : randomUUID()
}

function sendError(error: GatewayError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const headers = errorHeaders(error)
  if (!request.raw.complete && Number(request.headers['content-length'] ?? 1) > 0 && request.raw.method !== 'GET')
    headers['connection'] = 'close'
  return reply.code(error.status).headers(headers).send(toOpenAiError(error))
}
