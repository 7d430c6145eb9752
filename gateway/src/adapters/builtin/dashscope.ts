import { defineAdapter } from '../definition.ts'

// Rerank stands under another prefix than the rest, and its name is plural. Keys belong to a region: the international
// one is https://dashscope-intl.aliyuncs.com. The model list may be missing or partial, so it is no health probe.
// Later pieces of a tool call carry `"id":""`. Images and audio are asynchronous task APIs of its own.
export const dashscope = defineAdapter('dashscope', {
  label: 'Alibaba DashScope (Qwen)',
  url: 'https://dashscope.aliyuncs.com',
  paths: {
    chat: '/compatible-mode/v1/chat/completions',
    embedding: '/compatible-mode/v1/embeddings',
    rerank: '/compatible-api/v1/reranks',
  },
  embeddingBatchMax: 10,
  // Some models think only in streams, and refuse a plain request that does not say no.
  rewrite: { chat: { plainDefaults: { enable_thinking: false } } },
  answers: { toolCalls: 'normalise' },
  models: { paths: ['/compatible-mode/v1/models'], shape: 'list' },
})
