import { defineAdapter } from '../definition.ts'

// One model to a process, told by /info; `model` in a request is ignored. Rerank has names of its own and no `top_n`,
// and builds before 1.9 answer 422 to a pair that is too long unless `truncate` is set.
// No default port: 3000 as a program, 80 in the container images.
export const tei = defineAdapter('tei', {
  label: 'Text Embeddings Inference',
  paths: { embedding: '/v1/embeddings', rerank: '/rerank' },
  rewrite: { rerank: { defaults: { truncate: true } } },
  models: { paths: ['/info'], shape: 'tei-info' },
  health: { path: '/health' },
  embeddingBatchMax: 32,
  embeddingBase64: 'native',
  rerank: { documents: 'texts', returnDocuments: 'return_text', topN: false },
})
