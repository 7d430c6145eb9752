import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerCache, ENTRY_OVERHEAD_BYTES, type CachedAnswer } from './answer-cache.ts'

const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const bounds = { maxEntries: 3, maxBytes: 1_000_000, maxAgeMs: 1_000 }
const answer = (text = 'body', storedAt = 0): CachedAnswer => ({
  status: 200,
  headers: { 'content-type': 'a/b' },
  body: Buffer.from(text),
  stream: false,
  storedAt,
  usage,
})
/** Key of one character, the header above. */
const cost = (bodyBytes: number) => 2 * (1 + 'content-type'.length + 'a/b'.length) + bodyBytes + ENTRY_OVERHEAD_BYTES
const textOf = (cache: AnswerCache, key: string, now = 0) => cache.get(key, { now, maxAgeMs: Infinity })?.body.toString()
const held = (cache: AnswerCache, keys: string, now = 0) => [...keys].filter((key) => textOf(cache, key, now) !== undefined).join('')

describe('AnswerCache', () => {
  it('gives back what was put, every part of it', () => {
    const cache = new AnswerCache(bounds)
    expect(cache.get('k', { now: 0, maxAgeMs: Infinity })).toBeUndefined()
    cache.put('k', { ...answer('text', 5), stream: true }, 5)
    expect(cache.get('k', { now: 5, maxAgeMs: Infinity })).toEqual({
      status: 200,
      headers: { 'content-type': 'a/b' },
      body: Buffer.from('text'),
      stream: true,
      storedAt: 5,
      usage,
    })
    cache.put('l', { ...answer(), usage: undefined }, 5)
    expect(cache.get('l', { now: 5, maxAgeMs: Infinity })?.usage).toBeUndefined()
  })

  it('counts keys, headers, bodies and an overhead', () => {
    const cache = new AnswerCache(bounds)
    cache.put('a', answer('12345'), 0)
    expect([cache.size, cache.bytes]).toEqual([1, cost(5)])
    cache.put('b', answer('1'), 0)
    expect([cache.size, cache.bytes]).toEqual([2, cost(5) + cost(1)])
    cache.put('a', answer('123'), 0)
    expect([cache.size, cache.bytes]).toEqual([2, cost(3) + cost(1)])
    expect(ENTRY_OVERHEAD_BYTES).toBe(512)
  })

  it('can be changed neither by who put nor by who got', () => {
    const cache = new AnswerCache(bounds)
    const headers: Record<string, string> = { a: 'b' }
    const mine = { ...answer('text'), headers, usage: { ...usage } }
    cache.put('k', mine, 0)
    mine.body.fill('x')
    headers['a'] = 'c'
    mine.usage.totalTokens = 9
    const got = cache.get('k', { now: 0, maxAgeMs: Infinity })
    expect([got?.body.toString(), got?.headers, got?.usage]).toEqual(['text', { a: 'b' }, usage])
    got?.body.fill('y')
    expect(textOf(cache, 'k')).toBe('text')
    expect([Object.isFrozen(got), Object.isFrozen(got?.headers), Object.isFrozen(got?.usage)]).toEqual([true, true, true])
  })

  it('lets the least recently used go beyond its entries', () => {
    const cache = new AnswerCache(bounds)
    for (const key of 'abc') cache.put(key, answer(), 0)
    expect(textOf(cache, 'a')).toBe('body')
    cache.put('d', answer(), 0)
    expect([held(cache, 'abcd'), cache.size]).toEqual(['acd', 3])
    // The look above used them in the order a, c, d.
    cache.put('e', answer(), 0)
    expect(held(cache, 'abcde')).toBe('cde')
  })

  it('lets the least recently used go beyond its bytes', () => {
    const cache = new AnswerCache({ ...bounds, maxEntries: 100, maxBytes: 8 * cost(10) })
    for (const key of 'abcdefgh') cache.put(key, answer('0123456789'), 0)
    expect([cache.size, cache.bytes]).toEqual([8, 8 * cost(10)])
    cache.put('i', answer(''), 0)
    expect([held(cache, 'abcdefghi'), cache.bytes]).toEqual(['bcdefghi', 7 * cost(10) + cost(0)])
  })

  it('keeps an answer of an eighth of its bytes, and none that is larger', () => {
    const cache = new AnswerCache({ ...bounds, maxBytes: 8 * cost(10) })
    cache.put('a', answer('0123456789'), 0)
    cache.put('b', answer('01234567890'), 0)
    expect([held(cache, 'ab'), cache.bytes]).toEqual(['a', cost(10)])
    // The earlier answer is not given in place of a newer one.
    cache.put('a', answer('01234567890'), 0)
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  it('gives an answer while it is younger than its bound, and drops it when it is met later', () => {
    const cache = new AnswerCache(bounds)
    cache.put('a', answer('x', 100), 100)
    expect(textOf(cache, 'a', 1_099)).toBe('x')
    expect(cache.size).toBe(1)
    expect(textOf(cache, 'a', 1_100)).toBeUndefined()
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  it('does not give an answer that is too old for this caller, but keeps it in its place', () => {
    const cache = new AnswerCache(bounds)
    for (const key of 'abc') cache.put(key, answer('x', 100), 100)
    expect(cache.get('a', { now: 149, maxAgeMs: 50 })?.storedAt).toBe(100)
    expect(cache.get('b', { now: 150, maxAgeMs: 50 })).toBeUndefined()
    expect(cache.get('b', { now: 100, maxAgeMs: 0 })).toBeUndefined()
    expect(cache.size).toBe(3)
    cache.put('d', answer('x', 150), 150)
    expect(held(cache, 'abcd', 150)).toBe('acd')
  })

  it('counts the age from when the answer was stored, which is never after now', () => {
    const cache = new AnswerCache(bounds)
    cache.put('a', answer('x', 5_000), 100)
    expect(cache.get('a', { now: 1_099, maxAgeMs: Infinity })?.storedAt).toBe(100)
    cache.put('b', answer('x', 101), 1_099)
    expect(textOf(cache, 'b', 1_099)).toBe('x')
    cache.put('c', answer('x', 100), 1_100)
    expect(held(cache, 'abc', 1_099)).toBe('b')
  })

  it('keeps giving after the clock went back', () => {
    const cache = new AnswerCache(bounds)
    cache.put('a', answer('x', 100), 100)
    expect(cache.get('a', { now: 50, maxAgeMs: 10 })?.storedAt).toBe(100)
  })

  it('sweeps at most eight expired answers with each put, whatever was used last', () => {
    const cache = new AnswerCache({ ...bounds, maxEntries: 100 })
    for (const key of 'abcdefghij') cache.put(key, answer('x', 0), 0)
    cache.put('k', answer('x', 1), 1)
    held(cache, 'abcdefghij')
    cache.put('l', answer('x', 1_000), 1_000)
    expect([cache.size, cache.bytes]).toEqual([4, 4 * cost(1)])
    cache.put('m', answer('x', 1_000), 1_000)
    expect(cache.size).toBe(3)
    expect(held(cache, 'abcdefghijklm', 1_000)).toBe('klm')
  })

  it('takes new bounds at once', () => {
    const cache = new AnswerCache({ ...bounds, maxEntries: 10 })
    for (const key of 'abcd') cache.put(key, answer('0123456789'), 0)
    cache.setBounds({ ...bounds, maxEntries: 3 })
    expect(held(cache, 'abcd')).toBe('bcd')
    cache.put('l', answer('01234567890'), 0)
    cache.setBounds({ ...bounds, maxBytes: 8 * cost(10) })
    expect([held(cache, 'bcdl'), cache.bytes]).toEqual(['cd', 2 * cost(10)])
    cache.setBounds({ ...bounds, maxAgeMs: 5 })
    expect(held(cache, 'cd', 4)).toBe('cd')
    expect(held(cache, 'cd', 5)).toBe('')
    cache.setBounds({ ...bounds, maxEntries: 0 })
    cache.put('a', answer(), 0)
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  it('never exceeds a bound, and gives what was put last or nothing', () => {
    const step = fc.record({
      key: fc.constantFrom(...'abcdef'),
      act: fc.constantFrom('put', 'get', 'bounds'),
      body: fc.integer({ min: 0, max: 400 }),
      pass: fc.integer({ min: 0, max: 300 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let limits = { maxEntries: 4, maxBytes: 8 * cost(200), maxAgeMs: 500 }
        const cache = new AnswerCache(limits)
        const last = new Map<string, CachedAnswer>()
        let now = 0
        for (const { key, act, body, pass } of steps) {
          now += pass
          if (act === 'bounds') {
            limits = { maxEntries: body % 6, maxBytes: 8 * cost(body), maxAgeMs: 100 + pass }
            cache.setBounds(limits)
          } else if (act === 'put') {
            last.set(key, answer('x'.repeat(body), now))
            cache.put(key, answer('x'.repeat(body), now), now)
          } else {
            const got = cache.get(key, { now, maxAgeMs: 400 })
            if (got !== undefined) {
              expect(got).toEqual(last.get(key))
              expect(now - got.storedAt).toBeLessThan(Math.min(400, limits.maxAgeMs))
            }
          }
          expect(cache.size).toBeLessThanOrEqual(limits.maxEntries)
          expect(cache.bytes).toBeLessThanOrEqual(limits.maxBytes)
          expect(cache.bytes).toBeGreaterThanOrEqual(cache.size * cost(0))
        }
        cache.setBounds({ ...limits, maxEntries: 0 })
        expect([cache.size, cache.bytes]).toEqual([0, 0])
      }),
      { numRuns: 200 },
    )
  })
})
