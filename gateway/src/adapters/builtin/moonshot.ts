import { defineAdapter } from '../definition.ts'

// Keys are not interchangeable between https://api.moonshot.cn and https://api.moonshot.ai. Models that think
// want their reasoning back in tool loops.
export const moonshot = defineAdapter('moonshot', {
  label: 'Moonshot AI (Kimi)',
  provider: 'moonshot_ai',
  url: 'https://api.moonshot.cn',
  paths: { chat: '/v1/chat/completions' },
  inlinePictures: true,
  rewrite: { chat: { jsonSchema: 'prompt', messages: { prefix: 'partial', reasoning: { '*': 'keep' } } } },
  answers: { usageInChoices: true },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
