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
  models: { paths: ['/api/v1/models'], shape: 'list' },
  health: { path: '/api/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
