import { defineAdapter } from '../definition.ts'

// No /v1 by default. INFINITY_URL_PREFIX moves all routes but /health, so such a server needs a user adapter with
// other paths rather than a longer URL. Rerank returns each document as a plain string.
export const infinity = defineAdapter('infinity', {
  label: 'Infinity',
  paths: { embedding: '/embeddings', rerank: '/rerank' },
  models: { paths: ['/models'], shape: 'list' },
  health: { path: '/health' },
  embeddingBase64: 'native',
  embeddingBatchMax: 2_048,
})
