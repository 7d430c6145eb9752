import { defineAdapter } from '../definition.ts'

// Beside Anthropic itself, what DeepSeek, Moonshot, Z.ai and MiniMax offer under `.../anthropic`.
export const anthropic = defineAdapter('anthropic', {
  label: 'Anthropic',
  wire: 'anthropic',
  url: 'https://api.anthropic.com',
  auth: { scheme: 'header', header: 'x-api-key' },
  headers: { 'anthropic-version': '2023-06-01' },
  paths: { chat: true },
  native: { messages: '/v1/messages' },
  models: { paths: ['/v1/models?limit=1000', '/v1/models'], shape: 'list' },
  health: { path: '/v1/models?limit=1000', authenticated: true, minimumIntervalMs: 60_000 },
})
