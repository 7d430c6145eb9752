import { defineAdapter } from '../definition.ts'

// /readyz answers 503 while models are preloaded, /healthz does not, so the former tells loading from ready.
// The capabilities list is the model list with what each model can do; older versions lack it. There are no image
// edits, variations or audio translations. Base64 embeddings are recent, hence `emulate`.
export const localai = defineAdapter('localai', {
  label: 'LocalAI',
  ports: [8080],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    imageGeneration: '/v1/images/generations',
    moderation: '/v1/moderations',
    realtime: '/v1/realtime',
  },
  models: { paths: ['/v1/models/capabilities', '/v1/models'], shape: 'list' },
  health: { path: '/readyz' },
})
