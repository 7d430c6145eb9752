import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scan } from './apply-rules.ts'
import { Cursor } from './cursor.ts'
import { pattern, setOf } from './fixtures/rules.ts'
import { createPatternMatcher, LONGEST_MATCH, PatternError } from './pattern.ts'

function placesOf(source: string, text: string): [number, number][] {
  return scan(text, setOf(pattern(source))).map(({ start, end }) => [start, end])
}

/** Leftmost, then longest, within the bound, by trying every part. */
function naive(source: string, text: string): [number, number][] {
  const found: [number, number][] = []
  const whole = new RegExp(`^(?:${source})$`, 'u')
  for (let start = 0; start < text.length; start += 1) {
    for (let end = Math.min(text.length, start + LONGEST_MATCH); end > start; end -= 1) {
      if (!whole.test(text.slice(start, end))) continue
      found.push([start, end])
      start = end - 1
      break
    }
  }
  return found
}

const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', 'c', '.', String.raw`\d`, 'ab', '(?:a|bc)')
const source = fc
  .array(fc.tuple(atom, fc.constantFrom('', '?', '*', '+', '{2}', '{1,3}')), { minLength: 1, maxLength: 5 })
  .map((parts) =>
    parts
      .map(([each, times]) => (times === '' || each.length === 1 || /^[[(\\]/.test(each) ? each + times : `(?:${each})${times}`))
      .join(''),
  )
  .filter((each) => !new RegExp(`^(?:${each})$`).test(''))

describe('finds what trying every part of a text finds', () => {
  it('short texts', () => {
    fc.assert(
      fc.property(source, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), maxLength: 14 }), (each, text) => {
        expect(placesOf(each, text)).toEqual(naive(each, text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('texts that are looked at from their ends', () => {
    const text = `${'ab'.repeat(2_600)}x${'ab'.repeat(300)}x`
    const ends = [...text.matchAll(/x/g)].map(({ index }) => index + 1)
    const places = placesOf('[abx]*x', text)
    expect(places.map(([, end]) => end)).toEqual(ends)
    for (const [start, end] of places) expect(end - start).toBe(LONGEST_MATCH)
  })
})

it('takes time that grows with the text alone', () => {
  const matcher = createPatternMatcher('(?:[a-z]+ ?)+;')
  const cursor = new Cursor('word '.repeat(100_000))
  let steps = 0
  const { codePoint } = cursor
  cursor.codePoint = (index) => {
    steps += 1
    return codePoint.call(cursor, index)
  }
  for (let at = 0; at < cursor.text.length; at += 1) matcher.match(cursor, at)
  expect(steps).toBeLessThan(5 * cursor.text.length)
})

it('wants to read on only while more could make a match', () => {
  const openAt = (source: string, text: string, at: number) => {
    const cursor = new Cursor(text)
    createPatternMatcher(source).match(cursor, at)
    return cursor.beyond
  }
  expect(openAt('abc', 'xab', 1)).toBe(true)
  expect(openAt('abc', 'xax', 1)).toBe(false)
  expect(openAt('a+', `a${'a'.repeat(300)}`, 0)).toBe(false)
})

it.each(['(a', '(?=a)b', String.raw`(a)\1`, 'a*', '^', 'a|'])('refuses %s', (each) => {
  expect(() => createPatternMatcher(each)).toThrow(PatternError)
})
