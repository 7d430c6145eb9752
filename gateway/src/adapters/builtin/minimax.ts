import { defineAdapter } from '../definition.ts'

// Most models think in the content, between tags, and want that back. A failure may come as HTTP 200 with
// `base_resp.status_code`. The address in China is https://api.minimaxi.com. The model list may be missing or partial, so it
// is no health probe.
export const minimax = defineAdapter('minimax', {
  label: 'MiniMax',
  url: 'https://api.minimax.io',
  paths: { chat: '/v1/chat/completions' },
  rewrite: { chat: { jsonSchema: 'prompt', messages: { reasoning: { '*': 'tags' } } } },
  answers: { thinkTags: true },
  codeAs: { '1002': 429, '1004': 401, '1008': 402, '2013': 400, '2049': 401, '2062': 402 },
  models: { paths: ['/v1/models'], shape: 'list' },
})
