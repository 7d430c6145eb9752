import { defineAdapter } from '../definition.ts'

// No model list is documented: the models are to be listed by the user, and health is a TCP connection and real traffic.
export const baichuan = defineAdapter('baichuan', {
  label: 'Baichuan',
  url: 'https://api.baichuan-ai.com',
  paths: { chat: '/v1/chat/completions', embedding: '/v1/embeddings' },
  embeddingBatchMax: 16,
})
