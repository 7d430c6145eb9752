import { defineAdapter } from '../definition.ts'

// Chat only, with no /v1 in its documented address; completions with a suffix are a beta below another root.
// Usage comes on the last choice chunk, asked for or not.
export const deepseek = defineAdapter('deepseek', {
  label: 'DeepSeek',
  url: 'https://api.deepseek.com',
  paths: { chat: '/chat/completions' },
  models: { paths: ['/models'], shape: 'list' },
  health: { path: '/models', authenticated: true, minimumIntervalMs: 60_000 },
})
