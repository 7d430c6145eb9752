import { describe, expect, it } from 'vitest'
import { ollamaCodec } from '../../adapters/codecs/ollama/ollama.ts'
import type { JsonObject } from '../../lib/json.ts'
import { refusalOf } from './fixtures/errors-of.ts'
import { generateEndpoint, generateToCanonical } from './request-generate.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAA'
const canonical = (fields: JsonObject) => generateToCanonical({ model: 'm', prompt: 'Hi', stream: false, ...fields })
const user = { role: 'user', content: 'Hi' }

describe('generateEndpoint', () => {
  it.each([
    [{}, 'chat'],
    [{ raw: false, suffix: '' }, 'chat'],
    [{ raw: null, suffix: null }, 'chat'],
    [{ raw: true }, 'completion'],
    [{ suffix: '}' }, 'completion'],
    [{ raw: true, suffix: '}' }, 'completion'],
  ] as const)('%j → %s', (fields, expected) => expect(generateEndpoint(fields)).toBe(expected))
})

describe('a prompt', () => {
  it('is a chat of one message', () => expect(canonical({})).toEqual({ model: 'm', messages: [user] }))

  it('has a system message before it, and images in it', () => {
    expect(canonical({ system: 'Be brief', images: [PNG] })).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Hi' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          ],
        },
      ],
    })
  })

  it('has all other fields as a chat has them', () => {
    const fields = {
      stream: true,
      think: false,
      format: 'json',
      keep_alive: '5m',
      options: { num_predict: 5, num_ctx: 6 },
      logprobs: true,
      top_logprobs: 3,
      user: 'u',
      truncate: false,
    }
    expect(canonical(fields)).toEqual({
      model: 'm',
      messages: [user],
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: 'none',
      response_format: { type: 'json_object' },
      keep_alive: '5m',
      max_tokens: 5,
      num_ctx: 6,
      logprobs: true,
      top_logprobs: 3,
      user: 'u',
      truncate: false,
    })
  })

  it('takes fields that say nothing', () => {
    const nothing = { system: '', template: '', context: [], raw: false, images: [], suffix: '' }
    expect(canonical(nothing)).toEqual({ model: 'm', messages: [user] })
    const nulls = { system: null, template: null, context: null, raw: null, images: null, suffix: null }
    expect(canonical(nulls)).toEqual({ model: 'm', messages: [user] })
  })
})

describe('raw and suffix', () => {
  it.each([
    ['raw', { raw: true }, { raw: true }],
    ['a suffix', { suffix: '}' }, { suffix: '}' }],
    ['both', { raw: true, suffix: '}' }, { raw: true, suffix: '}' }],
    ['a limit', { raw: true, options: { num_predict: 7 } }, { raw: true, max_tokens: 7 }],
    ['no limit', { raw: true, options: { num_predict: -1 } }, { raw: true }],
    ['logprobs', { raw: true, logprobs: true, top_logprobs: 2 }, { raw: true, logprobs: 2 }],
    ['a system beside a suffix, which no template has', { suffix: '}', system: 'x' }, { suffix: '}' }],
  ])('make a completion: %s', (_name, fields, expected) => {
    expect(canonical(fields)).toEqual({ model: 'm', prompt: 'Hi', max_tokens: null, ...expected })
  })

  it('come back to a backend that speaks Ollama as they were', () => {
    const native = {
      model: 'm',
      prompt: 'Hi',
      suffix: '}',
      raw: true,
      stream: false,
      logprobs: true,
      top_logprobs: 1,
      options: { num_predict: 5, seed: 3 },
    }
    const { path, body } = ollamaCodec.encode({ endpoint: 'completion', model: 'm', stream: false, fields: generateToCanonical(native) })
    expect(path).toBe('/api/generate')
    expect(body).toEqual(native)
    const unlimited = ollamaCodec.encode({ endpoint: 'completion', model: 'm', stream: false, fields: canonical({ raw: true }) })
    expect(unlimited.body).toEqual({ model: 'm', prompt: 'Hi', raw: true, stream: false })
  })
})

it.each([
  ['missing_field', 'prompt', { prompt: null }],
  ['invalid_field', 'prompt', { prompt: ['Hi'] }],
  ['invalid_field', 'template', { template: '{{ .Prompt }}' }],
  ['invalid_field', 'template', { template: 1 }],
  ['invalid_field', 'context', { context: [1] }],
  ['invalid_field', 'context', { context: 'x' }],
  ['invalid_field', 'system', { system: 1 }],
  ['invalid_field', 'system', { system: 'x', raw: true }],
  ['invalid_field', 'suffix', { suffix: 1 }],
  ['invalid_field', 'raw', { raw: 'yes' }],
  ['invalid_field', 'images[0]', { images: [1] }],
  ['invalid_field', 'images', { images: [PNG], raw: true }],
  ['invalid_field', 'images', { images: [PNG], suffix: '}' }],
  ['invalid_field', 'logprobs', { logprobs: 1 }],
  ['invalid_field', 'n', { n: 2 }],
])('refuses with %s %s', (code, param, fields) => expect(refusalOf(() => canonical(fields))).toMatchObject({ code, param }))
