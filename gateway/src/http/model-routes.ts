import type { FastifyInstance } from 'fastify'
import { authenticate } from '../auth/authenticate.ts'
import type { KeyRecord, PublicModel, Snapshot } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { matchesAny } from '../lib/wildcard.ts'

export interface ModelRouteOptions {
  readonly snapshot: () => Snapshot
  readonly wallClock: () => number
}

/** GET /v1/models and /v1/models/{id}: what the caller's key may use. */
export function registerModelRoutes(server: FastifyInstance, options: ModelRouteOptions): void {
  const visible = (key: KeyRecord | undefined) =>
    options.snapshot().models.filter(({ id }) => key === undefined || matchesAny(key.models, id))
  server.get('/v1/models', (request) => {
    const key = authenticate(request.headers, options.snapshot().auth, options.wallClock())
    return { object: 'list', data: visible(key).map(toOpenAiModel) }
  })
  // Ids may hold slashes, as they are or encoded: the router's wildcard gives the rest of the path, decoded.
  server.get<{ Params: { '*': string } }>('/v1/models/*', (request) => {
    const key = authenticate(request.headers, options.snapshot().auth, options.wallClock())
    const id = request.params['*']
    const model = visible(key).find((candidate) => candidate.id === id)
    if (model === undefined) throw new GatewayError('model_not_found', 'There is no such model', { param: 'model' })
    return toOpenAiModel(model)
  })
}

function toOpenAiModel({ id, created, ownedBy, services }: PublicModel): object {
  return { id, object: 'model', created, owned_by: ownedBy, services }
}
