import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Door } from '../../auth/door.ts'
import type { KeyRecord, Snapshot } from '../../config/snapshot.ts'
import { psAnswer, showAnswer, tagsAnswer, versionAnswer, type ShownModel } from '../../dialects/ollama/model-answers.ts'
import type { ResponseStore } from '../../dialects/responses/response-store.ts'
import { modelOf } from '../../endpoints/parse-json-call.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { INITIAL_BYTES_PER_TOKEN } from '../../limit/token-estimate.ts'
import { maySee, requireAllowed } from '../../relay/resolve.ts'
import { readFields } from '../read-call.ts'
import { tenantNameOf } from './tenant-name.ts'

export interface FrontRouteOptions {
  readonly snapshot: () => Snapshot
  readonly door: Door
  readonly addressOf: (request: FastifyRequest['raw']) => string
  readonly responses: ResponseStore
}

/** What the other dialects ask that no model has to answer. */
export function registerFrontRoutes(server: FastifyInstance, options: FrontRouteOptions): void {
  const keyOf = async (request: FastifyRequest) =>
    options.door.letIn({ headers: request.headers, address: options.addressOf(request.raw) }, options.snapshot())
  registerOllamaRoutes(server, { ...options, keyOf })
  registerResponseRoutes(server, { ...options, keyOf })
  server.post('/v1/messages/count_tokens', async (request, reply) => {
    const key = await keyOf(request)
    const { fields } = await readFields({ request: request.raw, response: reply.raw }, options.snapshot().server.bodyLimit)
    checkKnown(modelOf(fields['model']), options.snapshot(), key)
    const { countTokens } = await import('../../dialects/anthropic/count-tokens.ts')
    return { input_tokens: countTokens(fields, INITIAL_BYTES_PER_TOKEN) }
  })
}

interface KeyedOptions extends FrontRouteOptions {
  readonly keyOf: (request: FastifyRequest) => Promise<KeyRecord | undefined>
}

function registerOllamaRoutes(server: FastifyInstance, options: KeyedOptions): void {
  const visible = async (request: FastifyRequest): Promise<readonly ShownModel[]> => {
    const key = await options.keyOf(request)
    return options.snapshot().models.filter((model) => maySee(key, model))
  }
  // Ollama's clients ask for these before they have anything to ask a model, with a key or not.
  for (const method of ['GET', 'HEAD'] as const) {
    server.route({ method, url: '/', handler: (_request, reply) => reply.type('text/plain; charset=utf-8').send('JAiRouter is running') })
    server.route({ method, url: '/api/version', handler: () => versionAnswer() })
    server.route({ method, url: '/api/tags', handler: async (request) => tagsAnswer(await visible(request)) })
  }
  server.get('/api/ps', async (request) => psAnswer(await visible(request)))
  server.post('/api/show', async (request, reply) => {
    const models = await visible(request)
    const { fields } = await readFields({ request: request.raw, response: reply.raw }, options.snapshot().server.bodyLimit)
    return showAnswer(fields, models)
  })
}

function registerResponseRoutes(server: FastifyInstance, { responses, keyOf, addressOf }: KeyedOptions): void {
  const tenantNamed = async (request: FastifyRequest) => tenantNameOf(await keyOf(request), addressOf(request.raw))
  const keptOf = async (request: FastifyRequest, id: string) => {
    const kept = await responses.get(await tenantNamed(request), id)
    if (kept === undefined) throw noResponse(id)
    return kept
  }
  server.get<{ Params: { id: string } }>('/v1/responses/:id', async (request) => (await keptOf(request, request.params.id)).response)
  server.get<{ Params: { id: string } }>('/v1/responses/:id/input_items', async (request) => {
    const { items } = await keptOf(request, request.params.id)
    // OpenAI lists the newest first.
    const data = items.input.toReversed()
    return { object: 'list', data, first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null, has_more: false }
  })
  server.delete<{ Params: { id: string } }>('/v1/responses/:id', async (request) => {
    const { id } = request.params
    if (!(await responses.delete(await tenantNamed(request), id))) throw noResponse(id)
    return { id, object: 'response', deleted: true }
  })
}

function noResponse(id: string): GatewayError {
  return new GatewayError('not_found', `There is no response "${id}": it was never stored, or its time is over`)
}

function checkKnown(model: string, { routes }: Snapshot, key: KeyRecord | undefined): void {
  if (routes.get('chat')?.has(model) !== true)
    throw new GatewayError('model_not_found', `There is no model "${model}" for chat`, { param: 'model' })
  if (key !== undefined) requireAllowed(key, { service: 'chat', model })
}
