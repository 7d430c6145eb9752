import { defineAdapter } from '../definition.ts'

// The model list holds only models that answer in text; those for embeddings, rerank and speech are to be listed by the
// user. Rerank always returns the documents. Images stand at a path and in a shape of their own.
export const openrouter = defineAdapter('openrouter', {
  label: 'OpenRouter',
  url: 'https://openrouter.ai',
  paths: {
    chat: '/api/v1/chat/completions',
    completion: '/api/v1/completions',
    embedding: '/api/v1/embeddings',
    rerank: '/api/v1/rerank',
    speech: '/api/v1/audio/speech',
  },
  rewrite: { chat: { messages: { roles: { developer: 'system' } } } },
  // Once a model has begun, the status is 200 and the error's code is what the status would have been.
  codeAs: { '400': 400, '401': 401, '402': 402, '403': 403, '408': 408, '413': 413, '429': 429, '502': 502, '503': 503 },
  models: { paths: ['/api/v1/models'], shape: 'list' },
  health: { path: '/api/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
