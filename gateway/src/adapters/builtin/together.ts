import { defineAdapter } from '../definition.ts'

// The model list is a bare array whose entries tell their type. Rerank without documents returns `document: {}`.
// `none` and `required` are not reliably obeyed as `tool_choice`. Some models think in the content, between tags.
export const together = defineAdapter('together', {
  label: 'Together AI',
  url: 'https://api.together.xyz',
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    translation: '/v1/audio/translations',
    imageGeneration: '/v1/images/generations',
  },
  rewrite: { chat: { values: { tool_choice: { required: 'auto' } }, noTool: 'without-tools' } },
  answers: { finishReasons: { eos: 'stop' }, thinkTags: true },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
