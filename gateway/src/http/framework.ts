import { randomUUIDv7 } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import { http } from '../lib/node-http.ts'
import { voiceAt } from './front/error-voices.ts'
import { errorHeaders } from './relay-handler.ts'
import { ambiguityOf, MAXIMUM_TARGET_BYTES } from './request-target.ts'

/** Larger header blocks get 431. */
const MAXIMUM_HEADER_BYTES = 16 * 1024
/** A client that takes longer for its headers is holding a connection, not asking. */
const HEADERS_LIMIT_MS = 10_000
const CONNECTION_CHECK_MS = 2_000
/** Longer than the idle time of the usual load balancers (60 s), so that they close first. */
const KEEP_ALIVE_MS = 75_000

/** No route declares a schema, and the framework would load its compilers for them all the same: 3 MB of memory. */
const WITHOUT_SCHEMAS = {
  compilersFactory: { buildValidator: withoutCompiler, buildSerializer: withoutCompiler },
}

export interface FrameworkOptions {
  readonly closing: () => boolean
  readonly log: (error: unknown, requestId: string) => void
  /** Called for each request that is left to the framework, before anything else. */
  readonly onOther: () => void
  /** Asked before the framework: true where it has answered. */
  readonly handleFirst: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly asksForUpgrade: (request: IncomingMessage) => boolean
  /** What to say where there is no route. */
  readonly missing: (target: string) => GatewayError
}

/** A server whose hooks identify requests, refuse ambiguous ones, and put every failure into the shape of its path's dialect. */
export function createFramework(options: FrameworkOptions): FastifyInstance {
  const server = Fastify({
    logger: false,
    genReqId: requestIdOf,
    serverFactory: (framework) =>
      createRawServer(options, (request, response) => options.handleFirst(request, response) || framework(request, response)),
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 512 },
    schemaController: WITHOUT_SCHEMAS,
    // A path that can't be decoded: no hook sees it.
    frameworkErrors: (_error, request, reply) =>
      sendError(new GatewayError('not_found', 'There is nothing at this path'), request, reply.header('x-request-id', request.id)),
  })
  // What is left to the framework has no bodies that anybody reads.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  server.addHook('onRequest', (request, _reply, done) => {
    options.onOther()
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
  server.setNotFoundHandler((request, reply) => sendError(options.missing(request.url), request, reply))
  server.setErrorHandler((error, request, reply) => {
    const known = isRefusal(error) ? new GatewayError('not_found', 'There is nothing at this path') : toGatewayError(error)
    if (known.code === 'internal_error') options.log(error, request.id)
    return sendError(known, request, reply)
  })
  return server
}

function createRawServer({ asksForUpgrade }: FrameworkOptions, listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = http.createServer(
    {
      maxHeaderSize: MAXIMUM_HEADER_BYTES,
      headersTimeout: HEADERS_LIMIT_MS,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A large upload over a slow line takes its time; what may wait, and how long, is the relay's to say.
      requestTimeout: 0,
      shouldUpgradeCallback: asksForUpgrade,
    },
    listener,
  )
  // 100 Continue is sent by hand, once the request has passed authentication.
  server.on('checkContinue', listener)
  return server
}

/** By the framework, of what it can't make a request of: a method that no route has, without what that method needs. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  return status >= 400 && status < 500
}

function withoutCompiler(): never {
  throw new Error('a route declares a schema, but the server has no compiler for it')
}

/** A client's own id is taken over if it is clean: it stands in logs and headers. Ids of version 7 (RFC 9562) come in the order of their requests, which keeps the history's index small. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : randomUUIDv7()
}

function sendError(error: GatewayError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const headers = errorHeaders(error)
  if (!request.raw.complete && Number(request.headers['content-length'] ?? 1) > 0 && request.raw.method !== 'GET')
    headers['connection'] = 'close'
  const { errorBody, idHeaders } = voiceAt(request.url)
  for (const name of idHeaders) headers[name] = request.id
  return reply.code(error.status).headers(headers).send(errorBody(error, request.id))
}
