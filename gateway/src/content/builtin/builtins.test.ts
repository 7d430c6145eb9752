import { isIPv6 } from 'node:net'
import type { Builtin } from '@jairouter/contract/content-rules'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scan } from '../apply-rules.ts'
import { builtin, setOf } from '../fixtures/rules.ts'

/** What a kind is, told by a regular expression over a part of a text, by what may stand around it, and by what its digits add up to. */
interface Reference {
  readonly whole: RegExp
  readonly before?: RegExp
  readonly after?: RegExp
  readonly is?: (text: string) => boolean
  readonly alphabet: readonly string[]
}

const NO_WORD = /(?:^|[^\p{L}\p{N}\p{M}_])$/u

function luhn(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '').split('').reverse().map(Number)
  return digits.reduce((sum, digit, index) => sum + (index % 2 === 0 ? digit : ([0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit] ?? 0)), 0) % 10 === 0
}

function resident(text: string): boolean {
  const sum = Array.from(text.slice(0, 17)).reduce((all, digit, index) => all + Number(digit) * (2 ** (17 - index) % 11), 0)
  return text.at(-1)?.toUpperCase() === '10X98765432'[sum % 11]
}

function iban(text: string): boolean {
  const bare = text.replaceAll(' ', '').toUpperCase()
  const digits = [...(bare.slice(4) + bare.slice(0, 4))].map((character) => Number.parseInt(character, 36)).join('')
  return BigInt(digits) % 97n === 1n
}

const separated = (count: string) => String.raw`\d(?:[ .\-()]{0,2}\d)${count}`

const REFERENCES: Readonly<Record<Builtin, Reference>> = {
  email: {
    whole: /^[a-z0-9_][a-z0-9_.+%-]{0,63}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,63}$/i,
    before: NO_WORD,
    // The longest run of letters that a label begins with.
    after: /^(?![a-z])/i,
    alphabet: ['a', 'b1', '.', '@', '-', '_', ' ', 'com', 'x.org', '+', 'Q@z.de', ','],
  },
  phone: {
    whole: new RegExp(
      String.raw`^(?:\+[ .\-()]{0,2}(?=[1-9])${separated('{7,14}')}|0[ .\-()]{0,2}0[ .\-()]{0,2}(?=[1-9])${separated('{7,14}')}` +
        String.raw`|(?:8[ .\-()]{0,2}6[ .\-()]{0,2})?1[3-9]\d[ .\-()]{0,2}\d{4}[ .\-()]{0,2}\d{4}` +
        String.raw`|(?:1[ .\-()]{0,2})?\(?[2-9]\d\d[ .\-()]{1,2}[2-9]\d\d[ .\-()]{1,2}\d{4})$`,
    ),
    before: NO_WORD,
    after: /^(?![\p{L}\p{N}\p{M}_])/u,
    alphabet: ['1', '3', '8', '555', '0', '+', ' ', '-', '(', ')', '86', '138', '0044', 'a', '1234', '+49 30'],
  },
  'id-number': {
    whole:
      /^(?:[1-9]\d{5}(?:1[89]\d\d|20\d\d|2100)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|(?!000|666|9)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4})$/,
    before: NO_WORD,
    after: /^(?![\p{L}\p{N}\p{M}_])/u,
    is: (text) => text.length !== 18 || resident(text),
    alphabet: ['11010519491231002', 'X', 'x', '3', '123', '-', ' ', '45', '6789', '0000', '666', 'a', '900', '899', '110105194912310021'],
  },
  card: {
    whole: /^[1-9](?:[ -]?\d){12,18}$/,
    before: NO_WORD,
    after: /^(?![\p{L}\p{N}\p{M}_])/u,
    is: luhn,
    alphabet: ['4111', '1111', '378282246310005', ' ', '-', '0', '1', '5', 'a', '55555555', '4444'],
  },
  iban: {
    whole: /^[a-z]{2}\d\d(?: ?[a-z0-9]){11,30}$/i,
    before: NO_WORD,
    after: /^(?![\p{L}\p{N}\p{M}_])/u,
    is: iban,
    alphabet: ['DE89', '3704', '0044', '0532', '0130', '00', ' ', 'GB29NWBK60161331926819', 'a', '1', '-', 'NL91ABNA0417164300'],
  },
  'ip-address': {
    whole: /^(?:(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)|[\da-f:.]*:[\da-f:.]*:[\da-f:.]*)$/i,
    alphabet: ['1', '.', ':', '::', '255', '256', 'a', 'fe80', '10.0.0.1', ' ', 'g', '2001:db8', '0:0'],
  },
  'api-key': {
    whole:
      /^(?:(?:sk-|jr-|sk_live_|hf_)(?=[\w-]*\d)[\w-]{16,}|ghp_(?=[\w-]*\d)[\w-]{20,}|xoxb-(?=[\w-]*\d)[\w-]{10,}|AKIA[\w-]{16}|eyJ[\w-]*\.eyJ[\w-]*\.[\w-]*)$/,
    before: NO_WORD,
    // A key goes on as long as it can.
    after: /^(?![\w-])/,
    alphabet: ['sk-', 'abcdefgh', 'X1', '-', '_', ' ', '.', 'eyJ', 'AKIA', 'ABCDEFGHIJKLMNOP', 'xoxb-', 'ghp_', '=', 'hf_', 'jr-'],
  },
}

/** Leftmost, then longest, by looking at every part of the text. */
function naive(text: string, { whole, before = /$/, after = /^/, is = () => true }: Reference): [number, number][] {
  const found: [number, number][] = []
  for (let start = 0; start < text.length; start += 1) {
    if (!before.test(text.slice(0, start))) continue
    for (let end = text.length; end > start; end -= 1) {
      const part = text.slice(start, end)
      if (!whole.test(part) || !is(part) || !after.test(text.slice(end))) continue
      found.push([start, end])
      start = end - 1
      break
    }
  }
  return found
}

function placesIn(text: string, kind: Builtin): [number, number][] {
  return scan(text, setOf(builtin(kind))).map(({ start, end }) => [start, end])
}

describe('finds what looking at every part of a text finds', () => {
  it.each((Object.keys(REFERENCES) as Builtin[]).filter((kind) => kind !== 'ip-address'))('%s', (kind) => {
    const reference = REFERENCES[kind]
    let matches = 0
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...reference.alphabet), { maxLength: 10 }), (parts) => {
        const text = parts.join('')
        const expected = naive(text, reference)
        matches += expected.length
        expect(placesIn(text, kind)).toEqual(expected)
      }),
      { numRuns: 1_500 },
    )
    expect(matches).toBeGreaterThan(0)
  })
})

describe('addresses', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())

  it('of machines are found whole', () => {
    fc.assert(
      fc.property(
        address,
        fc.constantFrom(' ', 'at ', '(', '"', '，'),
        fc.constantFrom(' ', ', x', ')', '"', '。', ''),
        (text, before, after) => {
          fc.pre(/\d/.test(text))
          expect(placesIn(before + text + after, 'ip-address')).toEqual([[before.length, before.length + text.length]])
        },
      ),
      { numRuns: 500 },
    )
  })

  it('that are found are some', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...REFERENCES['ip-address'].alphabet), { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        for (const [start, end] of placesIn(text, 'ip-address')) {
          const found = text.slice(start, end)
          expect(isIPv6(found) || REFERENCES['ip-address'].whole.test(found)).toBe(true)
        }
      }),
      { numRuns: 1_500 },
    )
  })
})
