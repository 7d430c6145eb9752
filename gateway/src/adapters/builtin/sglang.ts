import { defineAdapter } from '../definition.ts'

// /health_generate would spend a token on each probe, /health does not. Rerank answers a bare array; `top_n` is cut by
// newer versions only and ignored by older ones. `encoding_format` is ignored. Pieces of tool calls may lack their
// index.
export const sglang = defineAdapter('sglang', {
  label: 'SGLang',
  ports: [30000],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    transcription: '/v1/audio/transcriptions',
  },
  answers: { toolCalls: 'normalise' },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/health' },
  continuation: { continue_final_message: true },
})
