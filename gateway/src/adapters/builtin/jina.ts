import { defineAdapter } from '../definition.ts'

// No model list. An `encoding_format` is not among its fields (it has `embedding_type`), and it returns documents unless told not to.
export const jina = defineAdapter('jina', {
  label: 'Jina AI',
  url: 'https://api.jina.ai',
  paths: { embedding: '/v1/embeddings', rerank: '/v1/rerank' },
  rewrite: { embedding: { drop: ['encoding_format'] }, rerank: { defaults: { return_documents: false } } },
})
