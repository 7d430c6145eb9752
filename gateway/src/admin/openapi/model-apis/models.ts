import { SERVICES } from '@jairouter/contract/names'
import { z } from 'zod'
import { json, modelName, type ModelOperation } from './model-operation.ts'

const model = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string(), services: z.array(z.enum(SERVICES)) })
  .meta({ id: 'PublicModel' })
const example = { id: 'smart', object: 'model', created: 1_767_225_600, owned_by: 'vllm', services: ['chat'] }

export const MODEL_OPERATIONS: readonly ModelOperation[] = [
  {
    method: 'GET',
    path: '/v1/models',
    tag: 'Models of the gateway',
    summary: 'List the models that the key may use',
    errors: 'openai',
    answers: {
      200: {
        description: 'All in one list',
        content: json(z.object({ object: z.literal('list'), data: z.array(model) }), { object: 'list', data: [example] }),
      },
    },
  },
  {
    method: 'GET',
    path: '/v1/models/{id}',
    params: z.object({ id: z.string().meta({ description: 'May hold slashes, as they are or encoded' }) }),
    tag: 'Models of the gateway',
    summary: 'Read one of them',
    errors: 'openai',
    answers: { 200: { description: 'The model', content: json(model, example) } },
  },
  {
    method: 'GET',
    path: '/v1/realtime',
    query: z.object({ model: modelName }),
    tag: 'Realtime',
    summary: 'Open a session over a WebSocket',
    description: 'OpenAI’s Realtime API: an upgrade to WebSocket, whose events pass through in both directions. Without an upgrade 426.',
    errors: 'openai',
    answers: { 101: { description: 'The session is open' }, 426: { description: 'It was no upgrade to WebSocket' } },
  },
]
