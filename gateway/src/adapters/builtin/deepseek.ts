import { defineAdapter } from '../definition.ts'

// Chat only, with no /v1 in its documented address; completions with a suffix are a beta below another root.
// Usage comes on the last choice chunk, asked for or not. V4 wants the reasoning of every turn back, older models refuse
// that of earlier turns and want that of the tool calls under way.
export const deepseek = defineAdapter('deepseek', {
  label: 'DeepSeek',
  url: 'https://api.deepseek.com',
  paths: { chat: '/chat/completions' },
  rewrite: {
    chat: {
      jsonSchema: 'prompt',
      messages: { roles: { developer: 'system' }, reasoning: { 'deepseek-v4*': 'fill', '*': 'turn' } },
    },
  },
  models: { paths: ['/models'], shape: 'list' },
  health: { path: '/models', authenticated: true, minimumIntervalMs: 60_000 },
})
