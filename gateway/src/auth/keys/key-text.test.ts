import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMistypedKey, lastCharacters, newKeyText, randomText } from './key-text.ts'

describe('a key', () => {
  it('is jr-, 32 random characters and a checksum, another one each time', () => {
    const keys = Array.from({ length: 1_000 }, () => newKeyText(randomBytes))
    for (const key of keys) expect(key).toMatch(/^jr-[0-9A-Za-z]{38}$/)
    expect(keys.some(isMistypedKey)).toBe(false)
    expect(new Set(keys).size).toBe(1_000)
    expect(lastCharacters('jr-abcdefgh')).toBe('efgh')
  })

  it('with any one character changed, or two swapped, is found to be mistyped; what looks otherwise may be anybody’s', () => {
    const key = newKeyText(randomBytes)
    fc.assert(
      fc.property(fc.integer({ min: 3, max: key.length - 1 }), fc.constantFrom(...'09AZaz'), (at, letter) => {
        const wrong = key.slice(0, at) + letter + key.slice(at + 1)
        expect(isMistypedKey(wrong)).toBe(wrong !== key)
      }),
      { numRuns: 1_000 },
    )
    for (let at = 3; at < key.length - 1; at += 1) {
      const swapped = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2)
      expect(isMistypedKey(swapped)).toBe(swapped !== key)
    }
    for (const text of ['', 'jr-', `${key}x`, key.slice(1), ` ${key}`, `${key}\n`]) expect(isMistypedKey(text)).toBe(false)
  })

  it('takes each letter as often as any other, and asks for more bytes where some are not fair', () => {
    const bytes = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index % 2 === 0 ? 255 : index % 62))
    expect(randomText(10, bytes)).toHaveLength(10)
    const counts = new Map<string, number>()
    for (const letter of randomText(62_000, randomBytes)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    expect(Math.min(...counts.values())).toBeGreaterThan(800)
    expect(Math.max(...counts.values())).toBeLessThan(1_200)
  })
})
