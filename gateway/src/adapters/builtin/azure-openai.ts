import { defineAdapter } from '../definition.ts'

// The v1 paths: `model` is the deployment's name and no api-version is needed. Every resource has a host of its own.
// The model list names base models, not deployments, so it serves as a probe only and the deployments are to be listed
// by the user. The classic paths are a user adapter with `/openai/deployments/{model}/...` and `query: {api-version}`.
// Reasoning models refuse `max_tokens`, and all models take its newer name.
export const azureOpenai = defineAdapter('azure-openai', {
  label: 'Azure OpenAI',
  provider: 'azure.ai.openai',
  auth: { scheme: 'header', header: 'api-key' },
  paths: {
    chat: '/openai/v1/chat/completions',
    completion: '/openai/v1/completions',
    embedding: '/openai/v1/embeddings',
    speech: '/openai/v1/audio/speech',
    transcription: '/openai/v1/audio/transcriptions',
    translation: '/openai/v1/audio/translations',
    imageGeneration: '/openai/v1/images/generations',
    imageEdit: '/openai/v1/images/edits',
  },
  embeddingBatchMax: 2_048,
  rewrite: { chat: { rename: { max_tokens: 'max_completion_tokens' } } },
  health: { path: '/openai/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
})
