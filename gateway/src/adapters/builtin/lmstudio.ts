import { defineAdapter } from '../definition.ts'

// No health route, so the model list is the probe; with API tokens on (0.4.0) it needs the key.
// The v0 list says which models are for embeddings, the OpenAI one does not; v0 is old and may go, hence the second path.
export const lmstudio = defineAdapter('lmstudio', {
  label: 'LM Studio',
  ports: [1234],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
  },
  models: { paths: ['/api/v0/models', '/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true },
})
