import { defineAdapter } from '../definition.ts'

// The default port is moving from 8080 to 9931. /health answers 503 while the model loads. Embeddings and rerank need
// the server to be started for them, otherwise 501. Rerank never returns the documents, and older builds don't sort.
export const llamacpp = defineAdapter('llamacpp', {
  label: 'llama.cpp',
  ports: [8080, 9931],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
  },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/health' },
  embeddingBase64: 'native',
  continuation: {},
})
