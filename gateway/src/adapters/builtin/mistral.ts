import { defineAdapter } from '../definition.ts'

// Answers 422 to any field that it does not know. Dropped are those that only hint or account; one that would change
// the answer (`functions`, `modalities`, `audio`) is left in, so that the client learns of it. The same holds for messages:
// what answers have beside the text can't be sent back. Reasoning comes as parts of the content, usage unasked on the last
// choice chunk. Moderation results lack `flagged`, which clients read as "harmless": not offered.
export const mistral = defineAdapter('mistral', {
  label: 'Mistral AI',
  provider: 'mistral_ai',
  url: 'https://api.mistral.ai',
  paths: {
    chat: '/v1/chat/completions',
    embedding: '/v1/embeddings',
    transcription: '/v1/audio/transcriptions',
  },
  rewrite: {
    chat: {
      drop: [
        'logit_bias',
        'logprobs',
        'prompt_cache_options',
        'prompt_cache_retention',
        'safety_identifier',
        'store',
        'stream_options',
        'top_logprobs',
        'user',
        'verbosity',
      ],
      values: { tool_choice: { required: 'any' } },
      namedTool: 'only-tool',
      messages: {
        roles: { developer: 'system' },
        drop: ['annotations', 'audio', 'content_parts', 'refusal', 'thinking_blocks'],
        toolIds: 'nine',
        prefix: 'prefix',
        reasoning: { '*': 'strip' },
      },
      rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
    },
    embedding: { drop: ['user'], rename: { dimensions: 'output_dimension' } },
  },
  answers: { finishReasons: { model_length: 'length' }, toolCalls: 'normalise', contentParts: true },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/v1/models', authenticated: true, minimumIntervalMs: 60_000 },
  streamOptions: false,
})
