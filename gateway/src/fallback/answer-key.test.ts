import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerKey, isDeterministic, tenantOf, type AnswerKeyInput } from './answer-key.ts'

const tenant = tenantOf('ci', '10.0.0.1')
const base: AnswerKeyInput = { tenant, endpoint: 'chat', model: 'm', fields: { model: 'm', messages: [] }, headers: {} }
const keyOf = (change: Partial<AnswerKeyInput> = {}) => answerKey({ ...base, ...change })
const keyOfJson = (json: string) => keyOf({ fields: JSON.parse(json) })

describe('answerKey', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    // sha256 of [1,["key","ci"],"chat","m",{},{"messages":[],"model":"m"}]
    expect(keyOf()).toBe('4fde66bffde00639f6c964b04ca59bb3925fef9b5d3e5eda8666a6ca1eb14ab7')
  })

  it('does not depend on the order of object keys, at any depth, or on how a number was written', () => {
    const key = keyOfJson('{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":null}}')
    expect(keyOfJson('{"b":{"f":null,"c":[1.0,{"e":3e0,"d":2}]},"a":1}')).toBe(key)
    expect(keyOfJson('{"b":{"f":null,"c":[{"e":3,"d":2},1]},"a":1}')).not.toBe(key)
  })

  it.each<[string, Partial<AnswerKeyInput>]>([
    ['the key', { tenant: tenantOf('other', '10.0.0.1') }],
    ['the address of an open gateway', { tenant: tenantOf(undefined, '10.0.0.1') }],
    ['a key that is named like an address', { tenant: tenantOf('10.0.0.1', '10.0.0.1') }],
    ['the endpoint', { endpoint: 'completion' }],
    ['the model', { model: 'm2' }],
    ['a field', { fields: { model: 'm', messages: [], top_p: 1 } }],
    ['a field that is null', { fields: { model: 'm', messages: [], top_p: null } }],
    ['the user', { fields: { model: 'm', messages: [], user: 'u' } }],
    ['stream', { fields: { model: 'm', messages: [], stream: true } }],
    ['a version header', { headers: { 'anthropic-version': '2023-06-01' } }],
    ['an organisation header', { headers: { 'openai-organization': 'o' } }],
    ['a vendor switch', { headers: { 'x-dashscope-sse': 'enable' } }],
    ['one that nobody knows', { headers: { 'x-user-id': 'alice' } }],
    ['the language', { headers: { 'accept-language': 'de' } }],
  ])('differs by %s', (_name, change) => {
    expect(keyOf(change)).not.toBe(keyOf())
    expect(keyOf(change)).toBe(keyOf(change))
  })

  it('does not ask for the address of a client that has a key', () => {
    expect(keyOf({ tenant: tenantOf('ci', '10.9.9.9') })).toBe(keyOf())
    expect(keyOf({ tenant: tenantOf('10.0.0.1', 'x') })).not.toBe(keyOf({ tenant: tenantOf(undefined, '10.0.0.1') }))
  })

  it('leaves out headers that change nothing, and those that are not there', () => {
    const headers = {
      'user-agent': 'a',
      traceparent: 'b',
      'x-stainless-os': 'c',
      authorization: 'd',
      'x-request-id': 'e',
      'openai-beta': undefined,
    }
    expect(keyOf({ headers })).toBe(keyOf())
  })

  it('takes a header that came once as a list of one', () => {
    expect(keyOf({ headers: { 'openai-beta': ['a'] } })).toBe(keyOf({ headers: { 'openai-beta': 'a' } }))
    expect(keyOf({ headers: { 'openai-beta': ['a', 'b'] } })).not.toBe(keyOf({ headers: { 'openai-beta': 'a,b' } }))
  })

  it.each([
    ['{"a":1e400}', '{"a":null}'],
    ['{"a":1e400}', '{"a":-1e400}'],
    ['{"a":"1"}', '{"a":1}'],
    ['{"a":"null"}', '{"a":null}'],
    ['{"a":[]}', '{"a":{}}'],
    ['{"a":["x","y"]}', '{"a":["x\\",\\"y"]}'],
    ['{"a":{"b":1}}', '{"a":1,"b":1}'],
    ['{"__proto__":{"a":1}}', '{}'],
    ['{"a":"\\ud800"}', '{"a":"\\ud801"}'],
    ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
  ])('tells %s from %s', (one, other) => expect(keyOfJson(one)).not.toBe(keyOfJson(other)))

  it('is equal exactly where the parsed requests are', () => {
    const small = fc.jsonValue({ maxDepth: 2 }).map((value) => ({ value }))
    const text = fc.constantFrom('', 'a', 'b', '"', 'a","b', '],[')
    const input = fc.record({ tenant: text, open: fc.boolean(), model: text, fields: fc.oneof(small, fc.dictionary(text, text)) })
    const plain = ({ tenant: name, open, model, fields }: { tenant: string; open: boolean; model: string; fields: object }) =>
      JSON.stringify([open, name, model, sorted(fields)])
    const key = ({ tenant: name, open, model, fields }: { tenant: string; open: boolean; model: string; fields: object }) =>
      answerKey({ ...base, tenant: open ? tenantOf(undefined, name) : tenantOf(name, 'x'), model, fields: { ...fields } })
    fc.assert(
      fc.property(input, input, (one, other) => {
        expect(key(one) === key(other)).toBe(plain(one) === plain(other))
        expect(key(structuredClone(one))).toBe(key(one))
        expect(key(one)).toMatch(/^[0-9a-f]{64}$/)
      }),
      { numRuns: 500 },
    )
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, part]) => ['member', key, sorted(part)])
    .concat([['object']])
}

describe('isDeterministic', () => {
  const own = { type: 'function', function: { name: 'f' } }
  it.each<[object, boolean]>([
    [{}, false],
    [{ temperature: 0 }, true],
    [{ temperature: 0.1 }, false],
    [{ temperature: null }, false],
    [{ temperature: '0' }, false],
    [{ seed: 7 }, true],
    [{ seed: 0, temperature: 1 }, true],
    [{ seed: null }, false],
    [{ seed: '7' }, false],
    [{ seed: 2 ** 53 - 1 }, true],
    [{ seed: 2 ** 53 }, false],
    [{ temperature: 0, n: 1 }, true],
    [{ temperature: 0, n: 2 }, false],
    [{ temperature: 0, n: '1' }, false],
    [{ temperature: 0, n: null }, true],
    [{ temperature: 0, store: true }, false],
    [{ temperature: 0, store: false }, true],
    [{ temperature: 0, store: null }, true],
    [{ temperature: 0, tools: [] }, true],
    [{ temperature: 0, tools: null }, true],
    [{ temperature: 0, tools: [own] }, true],
    [{ temperature: 0, tools: [own, { type: 'web_search' }] }, false],
    [{ temperature: 0, tools: [{ function: { name: 'f' } }] }, false],
    [{ temperature: 0, tools: ['function'] }, false],
    [{ temperature: 0, tools: { type: 'function' } }, false],
    [{ temperature: 0, web_search_options: {} }, false],
    [{ temperature: 0, search_parameters: { mode: 'auto' } }, false],
    [{ temperature: 0, enable_search: true }, false],
    [{ temperature: 0, enable_search: false }, true],
    [{ temperature: 0, plugins: [{ id: 'web' }] }, false],
  ])('%j → %s', (fields, expected) => expect(isDeterministic({ ...fields })).toBe(expected))
})
