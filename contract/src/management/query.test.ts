import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery, printQuery, type Term } from './query.ts'

const OPTIONS = { fields: { model: 'text', key: 'text', status: 'number', ms: 'number', flag: 'flag' }, flags: ['slow', 'error'] } as const

function parsed(text: string): readonly Term[] {
  const found = parseQuery(text, OPTIONS)
  if ('problem' in found) throw new Error(JSON.stringify(found.problem))
  return found.terms
}

describe('a query', () => {
  it.each<[string, readonly Term[]]>([
    ['', []],
    ['  ', []],
    ['model:gpt-4o', [{ kind: 'text', negated: false, field: 'model', patterns: [['gpt-4o']] }]],
    ['-model:a,b*', [{ kind: 'text', negated: true, field: 'model', patterns: [['a'], ['b', '']] }]],
    ['model:"a b,*\\"\\\\"', [{ kind: 'text', negated: false, field: 'model', patterns: [['a b,*"\\']] }]],
    ['model:*', [{ kind: 'text', negated: false, field: 'model', patterns: [['', '']] }]],
    ['key:""', [{ kind: 'text', negated: false, field: 'key', patterns: [['']] }]],
    ['status>=500', [{ kind: 'range', negated: false, field: 'status', from: { value: 500, inclusive: true } }]],
    ['ms<0.5', [{ kind: 'range', negated: false, field: 'ms', to: { value: 0.5, inclusive: false } }]],
    ['status:400..', [{ kind: 'range', negated: false, field: 'status', from: { value: 400, inclusive: true } }]],
    [
      'status:400..499',
      [{ kind: 'range', negated: false, field: 'status', from: { value: 400, inclusive: true }, to: { value: 499, inclusive: true } }],
    ],
    ['status:200,404', [{ kind: 'number', negated: false, field: 'status', values: [200, 404] }]],
    ['flag:slow', [{ kind: 'flag', negated: false, field: 'flag', values: ['slow'] }]],
    [
      'reset "by peer" -gone',
      [
        { kind: 'words', negated: false, text: 'reset' },
        { kind: 'words', negated: false, text: 'by peer' },
        { kind: 'words', negated: true, text: 'gone' },
      ],
    ],
  ])('%s', (text, terms) => {
    expect(parsed(text)).toEqual(terms)
  })

  it.each([
    ['model:a  colour:red', 9, 15, /no field "colour"/],
    ['status:abc', 7, 10, /a number/],
    ['status>', 7, 8, /a number/],
    ['status:4..5..6', 7, 14, /range/],
    ['model>3', 0, 6, /no number/],
    ['model:', 6, 7, /a value/],
    ['model:a,', 8, 9, /a value/],
    ['flag:odd', 5, 8, /slow, error/],
    ['x "never', 2, 8, /no end/],
    ['model:a"b"', 7, 8, /whole value/],
    ['model:"a"b', 9, 10, /space/],
    ['toString:1', 0, 8, /no field/],
    ['-', 1, 2, /a word/],
  ])('%s has a fault at %i to %i', (text, from, to, message) => {
    expect(parseQuery(text, OPTIONS)).toEqual({ problem: { from, to, message: expect.stringMatching(message) } })
  })

  const number = fc.oneof(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(0.5, -12.25, 1.125))
  const piece = fc.stringMatching(/^[^\s",*]{1,8}$/)
  const pattern = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => [text]),
    fc.array(piece, { minLength: 2, maxLength: 4 }),
    fc.tuple(piece).map(([first]) => ['', first, '']),
  )
  const bound = fc.record({ value: number, inclusive: fc.boolean() })
  const closed = number.map((value) => ({ value, inclusive: true }))
  const term: fc.Arbitrary<Term> = fc.oneof(
    fc.record({
      kind: fc.constant('text' as const),
      negated: fc.boolean(),
      field: fc.constantFrom('model', 'key'),
      patterns: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('number' as const),
      negated: fc.boolean(),
      field: fc.constant('ms'),
      values: fc.array(number, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('range' as const), negated: fc.boolean(), field: fc.constant('ms'), from: bound }),
    fc.record({ kind: fc.constant('range' as const), negated: fc.boolean(), field: fc.constant('ms'), to: bound }),
    fc.record({ kind: fc.constant('range' as const), negated: fc.boolean(), field: fc.constant('ms'), from: closed, to: closed }),
    fc.record({
      kind: fc.constant('flag' as const),
      negated: fc.boolean(),
      field: fc.constant('flag'),
      values: fc.constant(['slow', 'error']),
    }),
    fc.record({
      kind: fc.constant('words' as const),
      negated: fc.boolean(),
      text: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text.trim() !== ''),
    }),
  )

  it('is read as what was printed', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 8 }), (terms) => {
        expect(parsed(printQuery(terms))).toEqual(terms)
      }),
    )
  })

  it('of any text is read, or has a fault inside of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const found = parseQuery(text, OPTIONS)
        if ('problem' in found) {
          expect(found.problem.from).toBeGreaterThanOrEqual(0)
          expect(found.problem.to).toBeGreaterThan(found.problem.from)
          expect(found.problem.from).toBeLessThanOrEqual(text.length)
        } else expect(parsed(printQuery(found.terms))).toEqual(found.terms)
      }),
    )
  })
})
