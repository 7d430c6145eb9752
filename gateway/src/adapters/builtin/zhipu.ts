import { defineAdapter } from '../definition.ts'

// The version in the path is v4. The international address is https://api.z.ai, with keys of its own.
// 1113 is an account in arrears, the other codes are quotas of hours and days: their 429 is no matter of waiting a moment.
// The model list may be missing or partial, so it is no health probe.
export const zhipu = defineAdapter('zhipu', {
  label: 'Zhipu GLM',
  url: 'https://open.bigmodel.cn',
  paths: {
    chat: '/api/paas/v4/chat/completions',
    embedding: '/api/paas/v4/embeddings',
    rerank: '/api/paas/v4/rerank',
    speech: '/api/paas/v4/audio/speech',
    transcription: '/api/paas/v4/audio/transcriptions',
    imageGeneration: '/api/paas/v4/images/generations',
  },
  rewrite: { chat: { jsonSchema: 'prompt' } },
  answers: { finishReasons: { sensitive: 'content_filter' } },
  codeAs: { '1113': 402, '1304': 402, '1308': 402, '1309': 402, '1310': 402 },
  models: { paths: ['/api/paas/v4/models'], shape: 'list' },
})
