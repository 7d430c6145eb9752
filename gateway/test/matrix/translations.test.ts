import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { codecOf, loadCodecs } from '../../src/adapters/codecs/codec-of.ts'
import { CodecRefusal } from '../../src/adapters/codecs/codec.ts'
import { anthropicDialect } from '../../src/dialects/anthropic/anthropic.ts'
import { ollamaChatDialect } from '../../src/dialects/ollama/ollama-chat.ts'
import { responsesDialect } from '../../src/dialects/responses/responses.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { CHAT_FIELDS, MESSAGES_FIELDS, OLLAMA_FIELDS, RESPONSES_FIELDS, type Sample } from './field-samples.ts'

/* docs/translations.md says of every field what becomes of it; here it is held against what the code does. */

beforeAll(loadCodecs)

const PAGE = readFileSync(new URL('../../../docs/translations.md', import.meta.url), 'utf8')

type Fate = 'sent' | 'left out' | '400'

/** Field and fate of the rows of the first table of a section, but for rows that speak of more than one field. */
function tableOf(section: string): [string, Fate][] {
  const begin = PAGE.indexOf(`\n### ${section}\n`)
  if (begin < 0) throw new Error(`There is no section ${section}`)
  const end = PAGE.indexOf('\n##', begin + 5)
  const rows = PAGE.slice(begin, end < 0 ? undefined : end).matchAll(/^\| `([\w.]+)` \| ([^|]+) \|/gm)
  return [...rows].map(([, field = '', becomes = '']) => [field, fateIn(becomes)])
}

function fateIn(becomes: string): Fate {
  if (becomes.startsWith('**400**')) return '400'
  return becomes.startsWith('left out') ? 'left out' : 'sent'
}

/** What a translation makes of a request with the field, against one without it. */
function fateOf({ field, value, beside = {} }: Sample, translate: (fields: JsonObject) => JsonObject): Fate {
  const without = outcomeOf(() => translate(beside))
  // What the field stands beside may be refused already: then it stands alone.
  const base = typeof without === 'string' ? {} : beside
  const outcome = outcomeOf(() => translate(withField(base, field, value)))
  if (typeof outcome === 'string') {
    expect(outcome.startsWith(field)).toBe(true)
    return '400'
  }
  return isDeepStrictEqual(
    outcome,
    outcomeOf(() => translate(base)),
  )
    ? 'left out'
    : 'sent'
}

function withField(base: JsonObject, path: string, value: unknown): JsonObject {
  const [field = '', inner] = path.split('.')
  return { ...base, [field]: inner === undefined ? value : { [inner]: value } }
}

/** The name of the field that is refused, or what comes out. */
function outcomeOf(translate: () => JsonObject): JsonObject | string {
  try {
    return translate()
  } catch (error) {
    if (error instanceof CodecRefusal) return error.param
    if (error instanceof GatewayError) return error.param ?? ''
    throw error
  }
}

const MESSAGES = [{ role: 'user', content: 'Hi' }]

describe.each([
  ['Anthropic Messages', 'anthropic'],
  ['Google Gemini', 'gemini'],
  ['Cohere', 'cohere'],
  ['Ollama', 'ollama'],
] as const)('a chat to the wire format %s', (section, wire) => {
  const encode = (fields: JsonObject): JsonObject =>
    codecOf(wire)?.encode({ endpoint: 'chat', model: 'm', stream: false, fields: { model: 'm', messages: MESSAGES, ...fields } }).body ?? {}

  it('has all fields in its table, as they are', () => {
    expect(tableOf(section)).toEqual(CHAT_FIELDS.map((sample) => [sample.field, fateOf(sample, encode)]))
  })
})

describe.each([
  ['Anthropic: `POST /v1/messages`', anthropicDialect, MESSAGES_FIELDS, { max_tokens: 5, messages: MESSAGES }],
  ['OpenAI: `POST /v1/responses`', responsesDialect, RESPONSES_FIELDS, { input: 'Hi' }],
  ['Ollama: `POST /api/chat`', ollamaChatDialect, OLLAMA_FIELDS, { messages: MESSAGES, stream: false }],
] as const)('a request of a client of %s', (section, dialect, samples, least) => {
  it('has all fields in its table, as they are', () => {
    const translate = (fields: JsonObject): JsonObject => dialect.toCanonical({ model: 'm', ...least, ...fields })
    expect(tableOf(section)).toEqual(samples.map((sample) => [sample.field, fateOf(sample, translate)]))
  })
})
