import { z } from 'zod'
import { anything, json, modelName, type ModelOperation } from './model-operation.ts'

const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))])
const turn = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content })
const shared = {
  model: modelName,
  messages: z.array(turn),
  system: content.optional(),
  tools: z.array(z.looseObject({ name: z.string() })).optional(),
  tool_choice: anything.optional(),
  thinking: anything.optional(),
}

const messagesRequest = z
  .looseObject({ ...shared, max_tokens: z.int(), stream: z.boolean().optional(), temperature: z.number().optional() })
  .meta({ id: 'MessagesRequest' })

const messagesAnswer = z
  .looseObject({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(z.looseObject({ type: z.string() })),
    stop_reason: z.string().nullable(),
    stop_sequence: z.string().nullable(),
    usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int() }),
  })
  .meta({ id: 'MessagesAnswer' })

const messages = [{ role: 'user', content: 'Say hello' }]

export const MESSAGES_OPERATIONS: readonly ModelOperation[] = [
  {
    method: 'POST',
    path: '/v1/messages',
    tag: 'Messages',
    summary: 'Answer a conversation, as Anthropic',
    description: 'For every chat model, whatever its backend speaks. With `stream: true` Anthropic’s events.',
    errors: 'anthropic',
    body: json(messagesRequest, { model: 'smart', max_tokens: 256, messages }),
    answers: {
      200: {
        description: 'The answer, whole or as a stream of events',
        content: {
          ...json(messagesAnswer, {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'smart',
            content: [{ type: 'text', text: 'Hello!' }],
            stop_reason: 'end_turn',
            stop_sequence: null,
            usage: { input_tokens: 9, output_tokens: 3 },
          }),
          'text/event-stream': { schema: z.string(), example: 'event: message_stop\ndata: {"type":"message_stop"}\n\n' },
        },
      },
    },
  },
  {
    method: 'POST',
    path: '/v1/messages/count_tokens',
    tag: 'Messages',
    summary: 'Estimate the tokens of a conversation',
    description: 'An estimate by the gateway: no model is asked.',
    errors: 'anthropic',
    body: json(z.looseObject(shared).meta({ id: 'CountTokensRequest' }), { model: 'smart', messages }),
    answers: { 200: { description: 'How many', content: json(z.object({ input_tokens: z.int() }), { input_tokens: 9 }) } },
  },
]
