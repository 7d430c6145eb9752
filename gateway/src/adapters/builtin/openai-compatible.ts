import { defineAdapter } from '../definition.ts'

// For anything else that speaks OpenAI's API below /v1: all that it may have, and nothing that it might refuse to answer.
// No health path: a server without a model list would look ill for ever, so a TCP connection and real traffic tell.
export const openaiCompatible = defineAdapter('openai-compatible', {
  label: 'OpenAI-compatible server',
  paths: {
    chat: '/v1/chat/completions',
    completion: '/v1/completions',
    embedding: '/v1/embeddings',
    rerank: '/v1/rerank',
    speech: '/v1/audio/speech',
    transcription: '/v1/audio/transcriptions',
    translation: '/v1/audio/translations',
    imageGeneration: '/v1/images/generations',
    imageEdit: '/v1/images/edits',
    imageVariation: '/v1/images/variations',
    moderation: '/v1/moderations',
    realtime: '/v1/realtime',
  },
  // The words of TGI, Together, Mistral and Zhipu: nobody else means anything else by them.
  answers: {
    finishReasons: { eos: 'stop', eos_token: 'stop', stop_sequence: 'stop', model_length: 'length', sensitive: 'content_filter' },
    toolCalls: 'normalise',
  },
  models: { paths: ['/v1/models', '/models'], shape: 'list' },
})
