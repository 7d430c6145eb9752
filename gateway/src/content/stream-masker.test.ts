import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyRules } from './apply-rules.ts'
import { Findings } from './findings.ts'
import { builtin, pattern, rule, setOf, words } from './fixtures/rules.ts'
import type { ContentRule } from './rule.ts'
import type { RuleSet } from './rule-set.ts'
import { StreamMasker } from './stream-masker.ts'

const ALL: readonly ContentRule[] = [
  builtin('email'),
  builtin('phone'),
  builtin('id-number'),
  builtin('card'),
  builtin('api-key'),
  builtin('ip-address'),
  builtin('iban'),
  words('falcon', 'new york', 'new york city', '绝密', 'c++', '🦅a'),
  pattern(String.raw`EMP-\d{2,4}\b`),
  pattern('(?m)^>.*$'),
  pattern('x[^y]*y'),
]

const SECRETS = [
  'me@x.com',
  'a.b+c@mail.example.org',
  '+49 30 901820',
  '138-1234-5678',
  '(212) 555-0123',
  '11010519491231002X',
  '123-45-6789',
  '4111 1111 1111 1111',
  'sk-abcdefghijklmnop1234',
  'AKIAIOSFODNN7EXAMPLE',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w',
  '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
  '192.168.0.1',
  '2001:db8::1',
  'DE89 3704 0044 0532 0130 00',
  'Falcon',
  'new york city',
  '绝密',
  'EMP-1234',
  '\n>quoted line\n',
  '🦅a',
]
const GLUE = [' ', '', ', ', '\n', String.raw`\n`, '"', '好', 'a', '1', '.', '-', '@', '🦅', '\ud83e', '\udd85', 'new', 'x', 'y', '+', ':']

/** Secrets, halves of them, and what may stand around them. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...GLUE),
      fc.constantFrom(...SECRETS),
      fc.tuple(fc.constantFrom(...SECRETS), fc.nat(40)).map(([secret, at]) => secret.slice(0, at)),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''))

function cutAt(whole: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b)
  return [...places, whole.length].map((end, index) => whole.slice(places[index - 1] ?? 0, end))
}

function streamed(pieces: readonly string[], rules: RuleSet): { pieces: string[]; counts: (readonly [string, number])[] } {
  const findings = new Findings()
  const masker = new StreamMasker(rules, findings)
  const out = [...pieces.map((piece) => masker.push(piece)), masker.end()]
  return { pieces: out, counts: countsOf(findings) }
}

function countsOf({ counts }: Findings): (readonly [string, number])[] {
  return [...counts].map(([{ name }, count]) => [name, count] as const).sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('any cut gives what the whole text would have given', () => {
  const check = (rules: RuleSet) =>
    fc.assert(
      fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (whole, cuts) => {
        const findings = new Findings()
        const expected = applyRules(whole, rules, findings)
        const out = streamed(cutAt(whole, cuts), rules)
        expect(out.pieces.join('')).toBe(expected)
        expect(out.counts).toEqual(countsOf(findings))
      }),
      { numRuns: 400 },
    )

  it.each(ALL.map((each) => [each.match.kind === 'builtin' ? each.name : JSON.stringify(each.match), each] as const))(
    '%s',
    (_name, each) => {
      check(setOf(each))
    },
  )

  it('all together, some of which only count', () => {
    check(setOf(...ALL, rule('counted', { kind: 'pattern', pattern: '[a-z]+.[a-z]+' }, 'flag')))
  })

  it('character by character', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const rules = setOf(...ALL)
        expect(
          streamed(
            [...Array(whole.length).keys()].map((at) => whole[at] ?? ''),
            rules,
          ).pieces.join(''),
        ).toBe(applyRules(whole, rules, new Findings()))
      }),
      { numRuns: 300 },
    )
  })

  it('what blocks is blocked, and nothing of it passes', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(200), { maxLength: 8 }), (whole, cuts) => {
        const rules = setOf(builtin('email', 'block'), builtin('phone'))
        const findings = new Findings()
        applyRules(whole, rules, findings)
        const own = new Findings()
        const masker = new StreamMasker(rules, own)
        let out = ''
        for (const piece of cutAt(whole, cuts)) out += masker.push(piece)
        out += masker.end()
        expect(own.blockedBy).toBe(findings.blockedBy)
        if (own.blockedBy !== undefined) {
          expect(applyRules(whole, setOf(builtin('phone')), new Findings()).startsWith(out)).toBe(true)
          expect(out).not.toMatch(/\w@x\.com/)
        }
      }),
      { numRuns: 400 },
    )
  })
})

it('no piece ends or begins within a pair of surrogates', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('🦅', 'a', ' ', '\ud83e\udd86') }),
      fc.array(fc.nat(60), { maxLength: 8 }),
      (whole, cuts) => {
        const { pieces } = streamed(cutAt(whole, cuts), setOf(words('falcon', '🦅a')))
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true)
      },
    ),
  )
})

describe('what is held back', () => {
  it.each([
    [words('falcon'), 'a quick brown fox', 'a quick brown fox'],
    [words('falcon'), 'a quick fal', 'a quick '],
    [words('falcon'), 'the falcon', 'the '],
    [builtin('email'), 'hello wor', 'hello '],
    [builtin('email'), 'hello world, ', 'hello world, '],
    [builtin('card'), 'no 4111 11', 'no '],
    [pattern(String.raw`EMP-\d{4}`), 'a text without it, EM', 'a text without it, '],
    [pattern(String.raw`EMP-\d{4}`), 'a text without it, EX', 'a text without it, EX'],
    [builtin('api-key'), 'task sk', 'task '],
  ])('%#', (each, whole, passed) => {
    expect(new StreamMasker(setOf(each), new Findings()).push(whole)).toBe(passed)
  })

  it('is bounded', () => {
    const masker = new StreamMasker(setOf(...ALL, pattern('(?s)z.*w')), new Findings())
    const whole = `z${'long '.repeat(20_000)}`
    let passed = 0
    for (let at = 0; at < whole.length; at += 100) {
      passed += masker.push(whole.slice(at, at + 100)).length
      expect(at + 100 - passed).toBeLessThan(500)
    }
  })
})

it('takes another text after the end of one', () => {
  const masker = new StreamMasker(setOf(words('falcon')), new Findings())
  expect(masker.push('fal') + masker.end()).toBe('fal')
  expect(masker.push('con falcon') + masker.end()).toBe('con [word]')
})
