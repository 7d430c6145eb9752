import { defineAdapter } from '../definition.ts'

// Images have names of their own for size and number. The international address is https://api.siliconflow.com.
// 30001 is an empty account.
export const siliconflow = defineAdapter('siliconflow', {
  label: 'SiliconFlow',
  url: 'https://api.siliconflow.cn',
  paths: {
    chat: '/v1/chat/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    imageGeneration: '/v1/images/generations',
  },
  rewrite: { imageGeneration: { rename: { size: 'image_size', n: 'batch_size' } } },
  codeAs: { '30001': 402 },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
