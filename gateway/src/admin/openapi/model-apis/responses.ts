import { z } from 'zod'
import { anything, json, modelName, type ModelOperation } from './model-operation.ts'

const params = z.object({ id: z.string() })

const responsesRequest = z
  .looseObject({
    model: modelName,
    input: z.union([z.string(), z.array(z.looseObject({}))]),
    instructions: z.string().nullish(),
    previous_response_id: z.string().nullish(),
    store: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    tools: z.array(z.looseObject({ type: z.string() })).optional(),
    text: anything.optional(),
    reasoning: anything.optional(),
    max_output_tokens: z.int().nullish(),
  })
  .meta({ id: 'ResponsesRequest' })

const response = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.number(),
    status: z.string(),
    model: z.string(),
    output: z.array(z.looseObject({ type: z.string() })),
    usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() }).nullish(),
  })
  .meta({ id: 'Response' })

const example = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_767_225_600,
  status: 'completed',
  model: 'smart',
  output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hello!' }] }],
  usage: { input_tokens: 9, output_tokens: 3, total_tokens: 12 },
}
const shared = { tag: 'Responses', errors: 'openai' } as const
const KEPT = 'Only of who made it, and as long as `server.responses.ttl` says.'

export const RESPONSES_OPERATIONS: readonly ModelOperation[] = [
  {
    ...shared,
    method: 'POST',
    path: '/v1/responses',
    summary: 'Answer, or go on from an earlier response',
    description: 'OpenAI’s Responses API, for every chat model. With `stream: true` its events.',
    body: json(responsesRequest, { model: 'smart', input: 'Say hello' }),
    answers: {
      200: {
        description: 'The response, whole or as a stream of events',
        content: {
          ...json(response, example),
          'text/event-stream': { schema: z.string(), example: 'event: response.completed\ndata: {"type":"response.completed"}\n\n' },
        },
      },
    },
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/responses/{id}',
    params,
    summary: 'Read a response again',
    description: KEPT,
    answers: { 200: { description: 'As it was given', content: json(response, example) } },
  },
  {
    ...shared,
    method: 'GET',
    path: '/v1/responses/{id}/input_items',
    params,
    summary: 'List what a response answered to',
    description: `The newest first. ${KEPT}`,
    answers: {
      200: {
        description: 'All items in one list',
        content: json(
          z.looseObject({
            object: z.literal('list'),
            data: z.array(z.looseObject({})),
            first_id: z.string().nullable(),
            last_id: z.string().nullable(),
            has_more: z.boolean(),
          }),
          { object: 'list', data: [{ type: 'message', id: 'msg_0', role: 'user' }], first_id: 'msg_0', last_id: 'msg_0', has_more: false },
        ),
      },
    },
  },
  {
    ...shared,
    method: 'DELETE',
    path: '/v1/responses/{id}',
    params,
    summary: 'Forget a response',
    answers: {
      200: {
        description: 'It is gone',
        content: json(z.object({ id: z.string(), object: z.literal('response'), deleted: z.boolean() }), {
          id: 'resp_1',
          object: 'response',
          deleted: true,
        }),
      },
    },
  },
]
