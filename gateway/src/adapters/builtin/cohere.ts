import { defineAdapter } from '../definition.ts'

// API v2. 498 is its word for a token that it does not take.
export const cohere = defineAdapter('cohere', {
  label: 'Cohere',
  wire: 'cohere',
  url: 'https://api.cohere.com',
  paths: { chat: true, embedding: true, rerank: true },
  embeddingBatchMax: 96,
  models: { paths: ['/v1/models?page_size=1000', '/v1/models'], shape: 'named' },
  health: { path: '/v1/models?page_size=1000', authenticated: true, minimumIntervalMs: 60_000 },
  statusAs: { '498': 401 },
})
