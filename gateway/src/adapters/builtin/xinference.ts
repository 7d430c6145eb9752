import { defineAdapter } from '../definition.ts'

// `encoding_format` is ignored, `logit_bias` gets 501, speech insists on `voice` (empty will do), and an image's `url`
// may be a file path on the server, so base64 is asked for when the client did not say. Older versions leave
// the index of tool calls out.
export const xinference = defineAdapter('xinference', {
  label: 'Xinference',
  ports: [9997],
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
  },
  rewrite: {
    chat: { drop: ['logit_bias'] },
    completion: { drop: ['logit_bias'] },
    speech: { defaults: { voice: '' } },
    imageGeneration: { defaults: { response_format: 'b64_json' } },
  },
  answers: { toolCalls: 'normalise' },
  models: { paths: ['/v1/models'], shape: 'list' },
  health: { path: '/status' },
})
