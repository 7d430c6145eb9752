import { defineAdapter } from '../definition.ts'

// Beside what its /v1 layer has: `normalize`, `truncate`, `prompt_name` and pre-tokenised input.
export const teiNative = defineAdapter('tei-native', {
  label: 'Text Embeddings Inference, native API',
  wire: 'tei',
  paths: { embedding: true, rerank: true },
  embeddingBatchMax: 32,
  models: { paths: ['/info'], shape: 'tei-info' },
  health: { path: '/health' },
})
