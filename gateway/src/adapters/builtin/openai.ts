import { defineAdapter } from '../definition.ts'

// The dialect that the gateway itself speaks; there is no rerank. Reasoning models refuse `max_tokens`, and all models take its
// newer name.
// It has no health route: the model list with the key is the only probe that costs nothing.
export const openai = defineAdapter('openai', {
  label: 'OpenAI',
  url: 'https://api.openai.com',
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    translation: '/v1/audio/translations',
    imageGeneration: '/v1/images/generations',
    imageEdit: '/v1/images/edits',
    imageVariation: '/v1/images/variations',
    moderation: '/v1/moderations',
    realtime: '/v1/realtime',
  },
  rewrite: { chat: { rename: { max_tokens: 'max_completion_tokens' } } },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
  embeddingBatchMax: 2_048,
  embeddingBase64: 'native',
})
