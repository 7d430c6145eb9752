import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { estimatePrompt } from '../../limit/token-estimate.ts'
import { countTokens } from './count-tokens.ts'

const TURN = 4
const user = (content: unknown) => ({ messages: [{ role: 'user', content }] })
/** At one byte to a token the count is the bytes of the text. */
const bytesOf = (...blocks: readonly JsonObject[]) => countTokens(user(blocks), 1) - TURN

/** Of each length in UTF-8, on both sides of each border, with halves of pairs. */
const SIGNS = fc.constantFrom(
  'a',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\u2e7f',
  '\u2e80',
  '\ud7ff',
  '\ud800',
  '\udfff',
  '\ue000',
  '\uffff',
  '😀',
)

describe('countTokens', () => {
  it.each<[string, JsonObject, number, number]>([
    ['a text of 8 bytes', user('12345678'), 4, TURN + 2],
    ['one byte more', user('123456789'), 4, TURN + 3],
    ['another ratio', user('123456789'), 3, TURN + 3],
    ['an empty text', user(''), 4, TURN],
    ['two turns', { messages: [...user('1234').messages, { role: 'assistant', content: '1234' }] }, 4, 2 * TURN + 2],
    ['one turn of two messages', { messages: [...user('1234').messages, ...user('1234').messages] }, 4, TURN + 2],
    ['system', { ...user('1234'), system: [{ type: 'text', text: '12345678' }] }, 4, TURN + 3],
    ['an image', user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(9_999) } }]), 4, TURN + 1_600],
    ['wide signs', user('你好'), 4, TURN + 2],
    ['accents', user('éé'), 4, TURN + 1],
    ['what is before the wide signs', user('\u2e7f\u2e7f\u2e7f\u2e7f'), 4, TURN + 3],
    ['the first wide signs', user('\u2e80\u2e80\u2e80\u2e80'), 4, TURN + 4],
  ])('%s', (_name, fields, bytesPerToken, expected) => expect(countTokens(fields, bytesPerToken)).toBe(expected))

  it('counts each kind of block', () => {
    expect(bytesOf({ type: 'thinking', thinking: '123', signature: 'long'.repeat(99) })).toBe(3)
    expect(
      bytesOf({
        type: 'tool_result',
        tool_use_id: 'a',
        content: [
          { type: 'text', text: '12' },
          { type: 'text', text: '3' },
        ],
      }),
    ).toBe(3)
    expect(bytesOf({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'image' }, { type: 'text', text: '1' }] })).toBe(1_601)
    const call = { type: 'tool_use', id: 'a', name: 'f', input: { b: 1 } }
    expect(bytesOf({ ...call, cache_control: { type: 'ephemeral' } })).toBe(JSON.stringify(call).length)
  })

  it('counts documents', () => {
    const pdf = (length: number) => bytesOf({ type: 'document', source: { type: 'base64', data: 'A'.repeat(length) } })
    expect([pdf(1), pdf(80_000), pdf(80_001)]).toEqual([3_000, 3_000, 6_000])
    expect(bytesOf({ type: 'document', source: { type: 'url', url: 'https://a' } })).toBe(3_000)
    expect(bytesOf({ type: 'document', source: { type: 'text', data: '1234' } })).toBe(4)
    expect(bytesOf({ type: 'document', source: { type: 'content', content: [{ type: 'text', text: '12' }] } })).toBe(2)
  })

  it('counts tools', () => {
    const tool = { name: 'f', input_schema: { type: 'object' } }
    const marked = { ...tool, cache_control: { type: 'ephemeral' } }
    expect(countTokens({ ...user(''), tools: [marked, tool] }, 1) - TURN).toBe(2 * JSON.stringify(tool).length)
    expect(countTokens({ ...user(''), tools: null }, 1)).toBe(TURN)
  })

  it('counts a text as the limits do', () => {
    fc.assert(
      fc.property(fc.string({ unit: SIGNS }), fc.integer({ min: 1, max: 8 }), (text, bytesPerToken) => {
        expect(countTokens(user(text), bytesPerToken)).toBe(TURN + estimatePrompt([text], bytesPerToken))
      }),
    )
  })

  it.each<[string, JsonObject, string, string]>([
    ['no messages', {}, 'missing_field', 'messages'],
    ['no content', { messages: [{ role: 'user' }] }, 'missing_field', 'messages[0].content'],
    ['tools', { ...user('a'), tools: {} }, 'invalid_field', 'tools'],
    ['system', { ...user('a'), system: [{ type: 'image' }] }, 'invalid_field', 'system[0].type'],
  ])('refuses %s', (_name, fields, code, param) => expect(() => countTokens(fields, 4)).toThrow(expect.objectContaining({ code, param })))
})
