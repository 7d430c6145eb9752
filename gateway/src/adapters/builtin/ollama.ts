import { defineAdapter } from '../definition.ts'

// The /v1 layer. It reads only `max_tokens`; base64 embeddings are recent, hence `emulate`. A local server ignores
// the key, ollama.com needs it as a bearer token. /api/version costs nothing and never loads a model.
export const ollama = defineAdapter('ollama', {
  label: 'Ollama',
  ports: [11434],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
  },
  native: { ollamaChat: '/api/chat', ollamaGenerate: '/api/generate', ollamaEmbed: '/api/embed', ollamaEmbeddings: '/api/embeddings' },
  rewrite: { chat: { rename: { max_completion_tokens: 'max_tokens' } } },
  inlinePictures: true,
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/api/version' },
})
