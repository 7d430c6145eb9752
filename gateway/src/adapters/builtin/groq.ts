import { defineAdapter } from '../definition.ts'

// Answers 400 to log probabilities and `logit_bias`, which none of its models has, and to names in messages.
export const groq = defineAdapter('groq', {
  label: 'Groq',
  url: 'https://api.groq.com',
  paths: {
    chat: '/openai/v1/chat/completions',
    embedding: '/openai/v1/embeddings',
    speech: '/openai/v1/audio/speech',
    transcription: '/openai/v1/audio/transcriptions',
    translation: '/openai/v1/audio/translations',
  },
  rewrite: { chat: { drop: ['logit_bias', 'logprobs', 'top_logprobs'], messages: { drop: ['name'] } } },
  models: { paths: ['/openai/v1/models'], shape: 'list' },
  health: { path: '/openai/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
