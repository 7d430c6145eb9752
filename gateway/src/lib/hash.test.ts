import { describe, expect, it } from 'vitest'
import { hash32, mix32 } from './hash.ts'

describe('hash32', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('is FNV-1a for %j', (text, expected) => expect(hash32(text)).toBe(expected))
})

describe('mix32', () => {
  it('turns about half of the bits over when one bit of either input turns', () => {
    const samples = 2_000
    for (const side of ['first', 'second'] as const) {
      for (let inputBit = 0; inputBit < 32; inputBit += 1) {
        const turned = Array.from({ length: 32 }, () => 0)
        for (let sample = 0; sample < samples; sample += 1) {
          const [a, b, flipped] = [hash32(`a${sample}`), hash32(`b${sample}`), 1 << inputBit]
          const difference = mix32(a, b) ^ (side === 'first' ? mix32(a ^ flipped, b) : mix32(a, b ^ flipped))
          for (let bit = 0; bit < 32; bit += 1) turned[bit] = (turned[bit] ?? 0) + ((difference >>> bit) & 1)
        }
        // Six standard deviations of 2,000 coin throws; the inputs are fixed, so this never depends on luck.
        for (const count of turned) expect(Math.abs(count / samples - 0.5)).toBeLessThan(0.067)
      }
    }
  })
})
