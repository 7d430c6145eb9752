import { defineAdapter } from '../definition.ts'

// Rerank goes under /v1 because only those paths check the key. Speech and images exist in vLLM-Omni alone, and a
// server answers only the endpoints of its model's task. `document` always comes back with a rerank result.
export const vllm = defineAdapter('vllm', {
  label: 'vLLM',
  ports: [8000],
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    transcription: '/v1/audio/transcriptions',
    translation: '/v1/audio/translations',
    realtime: '/v1/realtime',
  },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/health' },
  continuation: { continue_final_message: true, add_generation_prompt: false },
  embeddingBase64: 'native',
})
