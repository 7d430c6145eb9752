import { z } from 'zod'
import { anything, json, modelName, usageSchema, type ModelOperation } from './model-operation.ts'

const message = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
    name: z.string().optional(),
    tool_calls: z.array(z.looseObject({ id: z.string(), type: z.string(), function: z.looseObject({ name: z.string() }) })).optional(),
    tool_call_id: z.string().optional(),
  })
  .meta({ id: 'ChatMessage' })

const sampling = {
  model: modelName,
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.int().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.int().nullish(),
  user: z.string().optional(),
}

const chatRequest = z
  .looseObject({
    ...sampling,
    messages: z.array(message),
    max_completion_tokens: z.int().nullish(),
    tools: z.array(z.looseObject({ type: z.string() })).optional(),
    tool_choice: anything.optional(),
    response_format: z.looseObject({ type: z.string() }).optional(),
    reasoning_effort: z.string().nullish(),
  })
  .meta({ id: 'ChatRequest' })

const chatAnswer = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), message, finish_reason: z.string().nullable() })),
    usage: usageSchema.optional(),
  })
  .meta({ id: 'ChatAnswer' })

const completionAnswer = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), text: z.string(), finish_reason: z.string().nullable() })),
    usage: usageSchema.optional(),
  })
  .meta({ id: 'CompletionAnswer' })

const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
const STREAM = 'With `stream: true` server-sent events: `data: {…}` chunks, and `data: [DONE]` at the end of a complete answer.'

export const CHAT_OPERATIONS: readonly ModelOperation[] = [
  {
    method: 'POST',
    path: '/v1/chat/completions',
    tag: 'Chat',
    summary: 'Answer a conversation',
    description: `OpenAI's API. ${STREAM}`,
    errors: 'openai',
    body: json(chatRequest, { model: 'smart', messages: [{ role: 'user', content: 'Say hello' }], stream: false }),
    answers: {
      200: {
        description: 'The answer, whole or as a stream of events',
        content: {
          ...json(chatAnswer, {
            id: 'chatcmpl-1',
            object: 'chat.completion',
            created: 1_767_225_600,
            model: 'smart',
            choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
            usage,
          }),
          'text/event-stream': { schema: z.string(), example: 'data: {"choices":[{"delta":{"content":"Hello!"}}]}\n\ndata: [DONE]\n\n' },
        },
      },
    },
  },
  {
    method: 'POST',
    path: '/v1/completions',
    tag: 'Chat',
    summary: 'Go on from a text',
    description: `OpenAI's older API. ${STREAM}`,
    errors: 'openai',
    body: json(z.looseObject({ ...sampling, prompt: anything }).meta({ id: 'CompletionRequest' }), { model: 'smart', prompt: 'Once upon' }),
    answers: {
      200: {
        description: 'The text, whole or as a stream of events',
        content: {
          ...json(completionAnswer, {
            id: 'cmpl-1',
            object: 'text_completion',
            created: 1_767_225_600,
            model: 'smart',
            choices: [{ index: 0, text: ' a time', finish_reason: 'stop' }],
            usage,
          }),
          'text/event-stream': { schema: z.string(), example: 'data: {"choices":[{"text":" a time"}]}\n\ndata: [DONE]\n\n' },
        },
      },
    },
  },
]
