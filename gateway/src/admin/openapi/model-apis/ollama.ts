import { z } from 'zod'
import { anything, json, modelName, type Content, type ModelOperation } from './model-operation.ts'

const shared = { tag: 'Ollama', errors: 'ollama' } as const
const asked = {
  model: modelName,
  stream: z.boolean().optional(),
  options: z.looseObject({}).optional(),
  format: anything.optional(),
  keep_alive: anything.optional(),
  think: anything.optional(),
}
const answered = { model: z.string(), created_at: z.string(), done: z.boolean(), done_reason: z.string().optional() }
const end = { model: 'smart', created_at: '2026-01-01T00:00:00Z', done: true, done_reason: 'stop' }
const message = z.looseObject({ role: z.string(), content: z.string().optional() })

const chatRequest = z
  .looseObject({ ...asked, messages: z.array(message).optional(), tools: z.array(anything).optional() })
  .meta({ id: 'OllamaChatRequest' })
const generateRequest = z
  .looseObject({ ...asked, prompt: z.string().optional(), system: z.string().optional(), suffix: z.string().optional() })
  .meta({ id: 'OllamaGenerateRequest' })
const model = z.looseObject({ name: z.string(), model: z.string(), digest: z.string() }).meta({ id: 'OllamaModel' })
const listed = { name: 'smart', model: 'smart', size: 0, digest: '6f1c', details: { family: 'vllm' } }

/** Streams are lines of JSON here, and a stream is what comes unless it is asked otherwise. */
function lines(schema: z.ZodType, example: object): Readonly<Record<string, Content>> {
  return { 'application/x-ndjson': { schema: z.string(), example: `${JSON.stringify(example)}\n` }, ...json(schema, example) }
}

const STREAM = 'Lines of JSON unless `stream` is false.'

export const OLLAMA_OPERATIONS: readonly ModelOperation[] = [
  {
    ...shared,
    method: 'POST',
    path: '/api/chat',
    summary: 'Answer a conversation, as Ollama',
    description: STREAM,
    body: json(chatRequest, { model: 'smart', messages: [{ role: 'user', content: 'Say hello' }], stream: false }),
    answers: {
      200: {
        description: 'The answer',
        content: lines(z.looseObject({ ...answered, message }).meta({ id: 'OllamaChatAnswer' }), {
          ...end,
          message: { role: 'assistant', content: 'Hello!' },
        }),
      },
    },
  },
  {
    ...shared,
    method: 'POST',
    path: '/api/generate',
    summary: 'Go on from a text, as Ollama',
    description: STREAM,
    body: json(generateRequest, { model: 'smart', prompt: 'Say hello', stream: false }),
    answers: {
      200: {
        description: 'The text',
        content: lines(z.looseObject({ ...answered, response: z.string() }).meta({ id: 'OllamaGenerateAnswer' }), {
          ...end,
          response: 'Hello!',
        }),
      },
    },
  },
  {
    ...shared,
    method: 'POST',
    path: '/api/embed',
    summary: 'Turn texts into vectors, as Ollama',
    body: json(z.looseObject({ model: modelName, input: z.union([z.string(), z.array(z.string())]) }).meta({ id: 'OllamaEmbedRequest' }), {
      model: 'bge-m3',
      input: ['first text'],
    }),
    answers: {
      200: {
        description: 'A vector for each text',
        content: json(z.looseObject({ model: z.string(), embeddings: z.array(z.array(z.number())) }), {
          model: 'bge-m3',
          embeddings: [[0.1, -0.2]],
        }),
      },
    },
  },
  {
    ...shared,
    method: 'POST',
    path: '/api/embeddings',
    summary: 'Turn a text into a vector, as older clients of Ollama ask',
    body: json(z.looseObject({ model: modelName, prompt: z.string() }).meta({ id: 'OllamaEmbeddingsRequest' }), {
      model: 'bge-m3',
      prompt: 'a text',
    }),
    answers: {
      200: { description: 'The vector', content: json(z.looseObject({ embedding: z.array(z.number()) }), { embedding: [0.1, -0.2] }) },
    },
  },
  {
    ...shared,
    method: 'GET',
    path: '/api/tags',
    summary: 'List models, as Ollama',
    answers: {
      200: { description: 'What the key may use', content: json(z.looseObject({ models: z.array(model) }), { models: [listed] }) },
    },
  },
  {
    ...shared,
    method: 'GET',
    path: '/api/ps',
    summary: 'List loaded models, as Ollama',
    description: 'All of them: none has to be loaded before it can be asked.',
    answers: {
      200: { description: 'What the key may use', content: json(z.looseObject({ models: z.array(model) }), { models: [listed] }) },
    },
  },
  {
    ...shared,
    method: 'POST',
    path: '/api/show',
    summary: 'Describe a model, as Ollama',
    body: json(z.looseObject({ model: z.string().optional(), name: z.string().optional() }).meta({ id: 'OllamaShowRequest' }), {
      model: 'smart',
    }),
    answers: {
      200: {
        description: 'What is known of it',
        content: json(z.looseObject({ capabilities: z.array(z.string()) }), { capabilities: ['completion', 'tools', 'vision'] }),
      },
    },
  },
  {
    ...shared,
    method: 'GET',
    path: '/api/version',
    open: true,
    summary: 'The version of Ollama’s API that is spoken',
    answers: { 200: { description: 'The version', content: json(z.object({ version: z.string() }), { version: '0.33.0' }) } },
  },
]
