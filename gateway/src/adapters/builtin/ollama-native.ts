import { defineAdapter } from '../definition.ts'

// Ollama in its own words. More than its /v1 layer: `num_ctx`, `keep_alive` and the other options, and pictures from addresses.
export const ollamaNative = defineAdapter('ollama-native', {
  label: 'Ollama, native API',
  wire: 'ollama',
  paths: { chat: true, completion: true, embedding: true },
  native: { ollamaChat: '/api/chat', ollamaGenerate: '/api/generate', ollamaEmbed: '/api/embed', ollamaEmbeddings: '/api/embeddings' },
  inlinePictures: true,
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/api/version' },
})
