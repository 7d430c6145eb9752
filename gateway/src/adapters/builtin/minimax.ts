import { defineAdapter } from '../definition.ts'

// A failure may come as HTTP 200 with `base_resp.status_code`. The address in China is https://api.minimaxi.com.
// The model list may be missing or partial, so it is no health probe.
export const minimax = defineAdapter('minimax', {
  label: 'MiniMax',
  url: 'https://api.minimax.io',
  paths: { chat: '/v1/chat/completions' },
  models: { paths: ['/v1/models'], shape: 'list' },
})
