import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Door } from '../auth/door.ts'
import type { KeyRecord, PublicModel, Snapshot } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { maySee } from '../relay/resolve.ts'

export interface ModelRouteOptions {
  readonly snapshot: () => Snapshot
  readonly door: Door
  /** The client's address, trusted proxies seen through. */
  readonly addressOf: (request: IncomingMessage) => string
}

/** GET /v1/models and /v1/models/{id}: what the caller's key may use. */
export function registerModelRoutes(server: FastifyInstance, options: ModelRouteOptions): void {
  const visible = (key: KeyRecord | undefined) => options.snapshot().models.filter((model) => maySee(key, model))
  const keyOf = async ({ headers, raw }: FastifyRequest) =>
    options.door.letIn({ headers, address: options.addressOf(raw) }, options.snapshot())
  server.get('/v1/models', async (request) => {
    const key = await keyOf(request)
    return { object: 'list', data: visible(key).map(toOpenAiModel) }
  })
  // Ids may hold slashes, as they are or encoded: the router's wildcard gives the rest of the path, decoded.
  server.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const key = await keyOf(request)
    const id = request.params['*']
    const model = visible(key).find((candidate) => candidate.id === id)
    if (model === undefined) throw new GatewayError('model_not_found', 'There is no such model', { param: 'model' })
    return toOpenAiModel(model)
  })
}

function toOpenAiModel({ id, created, ownedBy, services }: PublicModel): object {
  return { id, object: 'model', created, owned_by: ownedBy, services }
}
