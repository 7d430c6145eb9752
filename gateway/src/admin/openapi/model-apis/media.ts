import { z } from 'zod'
import { json, modelName, type Content, type ModelOperation } from './model-operation.ts'

const file = z.file().meta({ description: 'The file itself, as a part of the form' })

const images = z
  .looseObject({ created: z.int(), data: z.array(z.looseObject({ url: z.string().optional(), b64_json: z.string().optional() })) })
  .meta({ id: 'ImagesAnswer' })
const imagesExample = { created: 1_767_225_600, data: [{ b64_json: 'iVBORw0KGgo=' }] }
const imageAnswers = { 200: { description: 'The pictures', content: json(images, imagesExample) } }
const transcript = z.looseObject({ text: z.string() }).meta({ id: 'Transcript' })

/** A form can't be given as a JSON example: its file is not one. */
function form(shape: Readonly<Record<string, z.ZodType>>): Readonly<Record<string, Content>> {
  return { 'multipart/form-data': { schema: z.looseObject({ model: modelName, ...shape }) } }
}

const upload = (path: string, summary: string): ModelOperation => ({
  method: 'POST',
  path,
  tag: 'Audio',
  summary,
  description: 'The file is passed on while it comes in.',
  errors: 'openai',
  body: form({ file, response_format: z.string().optional(), language: z.string().optional(), prompt: z.string().optional() }),
  answers: {
    200: {
      description: 'The text; as plain text where `response_format` asks for it',
      content: { ...json(transcript, { text: 'Good morning' }), 'text/plain': { schema: z.string(), example: 'Good morning' } },
    },
  },
})

export const MEDIA_OPERATIONS: readonly ModelOperation[] = [
  {
    method: 'POST',
    path: '/v1/audio/speech',
    tag: 'Audio',
    summary: 'Speak a text',
    errors: 'openai',
    body: json(
      z
        .looseObject({ model: modelName, input: z.string(), voice: z.unknown().optional(), response_format: z.string().optional() })
        .meta({ id: 'SpeechRequest' }),
      { model: 'tts-1', input: 'Good morning', voice: 'alloy', response_format: 'mp3' },
    ),
    answers: { 200: { description: 'The sound, in the format that was asked for', content: { 'audio/*': {} } } },
  },
  upload('/v1/audio/transcriptions', 'Write down what is said'),
  upload('/v1/audio/translations', 'Write down what is said, in English'),
  {
    method: 'POST',
    path: '/v1/images/generations',
    tag: 'Images',
    summary: 'Draw a picture',
    errors: 'openai',
    body: json(
      z
        .looseObject({
          model: modelName,
          prompt: z.string(),
          n: z.int().nullish(),
          size: z.string().nullish(),
          stream: z.boolean().nullish(),
        })
        .meta({ id: 'ImageRequest' }),
      { model: 'flux', prompt: 'A lighthouse at night', size: '1024x1024' },
    ),
    answers: imageAnswers,
  },
  {
    method: 'POST',
    path: '/v1/images/edits',
    tag: 'Images',
    summary: 'Change a picture',
    errors: 'openai',
    body: {
      ...form({ image: file, mask: file.optional(), prompt: z.string() }),
      ...json(
        z.looseObject({ model: modelName, prompt: z.string(), images: z.array(z.unknown()).optional() }).meta({ id: 'ImageEditRequest' }),
        {
          model: 'flux',
          prompt: 'By day',
          images: [{ image_url: 'data:image/png;base64,iVBORw0KGgo=' }],
        },
      ),
    },
    answers: imageAnswers,
  },
  {
    method: 'POST',
    path: '/v1/images/variations',
    tag: 'Images',
    summary: 'Draw a picture that is like another',
    errors: 'openai',
    body: form({ image: file, n: z.string().optional(), size: z.string().optional() }),
    answers: imageAnswers,
  },
  {
    method: 'POST',
    path: '/v1/moderations',
    tag: 'Moderation',
    summary: 'Look for harmful content',
    errors: 'openai',
    body: json(z.looseObject({ model: modelName, input: z.unknown() }).meta({ id: 'ModerationRequest' }), {
      model: 'omni-moderation',
      input: 'A friendly text',
    }),
    answers: {
      200: {
        description: 'What was found',
        content: json(
          z
            .looseObject({ id: z.string(), model: z.string(), results: z.array(z.looseObject({ flagged: z.boolean() })) })
            .meta({ id: 'ModerationAnswer' }),
          { id: 'modr-1', model: 'omni-moderation', results: [{ flagged: false, categories: {}, category_scores: {} }] },
        ),
      },
    },
  },
]
