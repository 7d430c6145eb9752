import { defineAdapter } from '../definition.ts'

// Google's own API; it also has an OpenAI layer under /v1beta/openai, which loses thought signatures and safety ratings.
export const gemini = defineAdapter('gemini', {
  label: 'Google Gemini',
  provider: 'gcp.gemini',
  wire: 'gemini',
  url: 'https://generativelanguage.googleapis.com',
  auth: { scheme: 'header', header: 'x-goog-api-key' },
  paths: { chat: true, completion: true, embedding: true },
  embeddingBatchMax: 100,
  inlinePictures: true,
  models: { paths: ['/v1beta/models?pageSize=1000', '/v1beta/models'], shape: 'named' },
  health: { path: '/v1beta/models?pageSize=1000', authenticated: true, minimumIntervalMs: 60_000 },
})
