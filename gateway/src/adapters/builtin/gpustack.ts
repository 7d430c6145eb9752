import { defineAdapter } from '../definition.ts'

// A proxy before several engines, so what holds for one model need not hold for the next (hence `emulate`).
// Version 0.x takes /v1 for everything but the model list: there /v1/models is the management API, and the list is
// below /v1-openai. Both versions answer /healthz without a key.
export const gpustack = defineAdapter('gpustack', {
  label: 'GPUStack',
  ports: [80],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    translation: '/v1/audio/translations',
    imageGeneration: '/v1/images/generations',
    imageEdit: '/v1/images/edits',
    imageVariation: '/v1/images/variations',
    moderation: '/v1/moderations',
  },
  answers: { toolCalls: 'normalise' },
  models: { paths: ['/v1/models', '/v1-openai/models'], shape: 'list' },
  health: { path: '/healthz' },
})
