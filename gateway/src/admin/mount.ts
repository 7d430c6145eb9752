import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { AdminExchange, WireAnswer } from './answer-request.ts'
import type { AdminPorts } from './admin-ports.ts'
import { ADMIN_API } from './mount-path.ts'

const METHODS: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * The management API below `/admin/api`, and what is shown beside it. Two catch-all routes: which operation it is, a
 * table of its own decides, that is loaded at the first request together with all operations and their schemas.
 */
export function mountAdmin(server: FastifyInstance, ports: AdminPorts): void {
  const answerer = once(async () => {
    const [{ createAdminAnswerer }, routes] = await Promise.all([import('./answer-request.ts'), ports.routes()])
    return createAdminAnswerer(routes, ports)
  })
  const pages = once(async () => {
    const [{ createPages }, routes] = await Promise.all([import('./pages.ts'), ports.routes()])
    return createPages(routes, ports.version)
  })

  const isOff = () => ports.isEnabled?.() === false
  void server.register((plugin, _options, done) => {
    plugin.setErrorHandler((error, request, reply) => sendFailure(error, request, reply, ports))
    const answerApi = async (request: FastifyRequest, reply: FastifyReply) => {
      const { path, query } = splitTarget(request.raw.url ?? '')
      // The router decodes before it compares. What is spelled otherwise is another path to whoever stands before us.
      if (isOff() || !path.startsWith(ADMIN_API)) return reply.callNotFound()
      const exchange: AdminExchange = {
        request: request.raw,
        response: reply.raw,
        id: request.id,
        path: path.slice(ADMIN_API.length),
        query,
      }
      return send(await (await answerer())(exchange), request, reply)
    }
    for (const url of [ADMIN_API, `${ADMIN_API}/*`]) plugin.route({ method: METHODS, url, handler: answerApi })
    for (const url of ['/admin', '/admin/', '/admin/setup', '/openapi.json', '/swagger-ui', '/swagger-ui/*'])
      plugin.route({
        method: ['GET', 'HEAD'],
        url,
        handler: async (request, reply) => {
          if (isOff()) return reply.callNotFound()
          const { path } = splitTarget(request.raw.url ?? '')
          const found = await (await pages()).find(path, request.headers['if-none-match'])
          return found === undefined ? reply.callNotFound() : send(found, request, reply)
        },
      })
    done()
  })
}

function splitTarget(url: string): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?')
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) }
}

function send({ status, headers, body }: WireAnswer, { raw }: FastifyRequest, reply: FastifyReply): FastifyReply {
  for (const [name, value] of Object.entries(headers)) void reply.header(name, value)
  // What is left of a body that nobody has read would be taken for the next request.
  if (!raw.complete && Number(raw.headers['content-length'] ?? 1) > 0 && raw.method !== 'GET' && raw.method !== 'HEAD')
    void reply.header('connection', 'close')
  // The framework would add a charset to the media type of a text.
  return reply.code(status).send(typeof body === 'string' ? Buffer.from(body) : body)
}

/** Refused before any route was asked, or the operations could not be loaded. */
async function sendFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply, { log }: AdminPorts): Promise<FastifyReply> {
  const [{ problemAnswer, PROBLEM_TYPE }, { DATA_HEADERS }] = await Promise.all([
    import('./problem-answer.ts'),
    import('./security-headers.ts'),
  ])
  const { problem, headers, unexpected } = problemAnswer(thrown, request.id)
  if (unexpected !== undefined) log(unexpected, request.id)
  const all = { ...DATA_HEADERS, ...headers, 'content-type': PROBLEM_TYPE }
  return send({ status: problem.status, headers: all, body: JSON.stringify(problem) }, request, reply)
}

/** Does it at the first call; again at the next one only where it failed. */
function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined
  return async () => {
    loaded ??= load()
    try {
      return await loaded
    } catch (error) {
      loaded = undefined
      throw error
    }
  }
}
