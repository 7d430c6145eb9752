import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { declaredMaximum, estimatePrompt, INITIAL_BYTES_PER_TOKEN } from './token-estimate.ts'

describe('estimatePrompt', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['abcd', 1],
    ['abcde', 2],
    ['中', 1],
    ['中文', 2],
    ['abcd中文', 3],
    ['abcde中', 3],
    // The first that is wide, and the last that is not.
    ['\u2e80'.repeat(40), 40],
    ['\u2e7f'.repeat(40), 30],
    ['\uffff'.repeat(40), 40],
    ['é'.repeat(40), 20],
    ['\u3000'.repeat(40), 40],
    ['😀'.repeat(30), 40],
    ['中a'.repeat(20), 25],
    ['中é'.repeat(20), 30],
    ['中\u2e7f'.repeat(20), 35],
  ])('%j is %i', (text, expected) => {
    expect(estimatePrompt([text], 4)).toBe(expected)
    expect(estimatePrompt(Buffer.from(text), 4)).toBe(expected)
  })

  it('takes the ratio of the model, but not for what is wide', () => {
    expect(INITIAL_BYTES_PER_TOKEN).toBe(4)
    expect(estimatePrompt(['a'.repeat(30)], 1.5)).toBe(20)
    expect(estimatePrompt(['a'.repeat(31)], 6)).toBe(6)
    expect(estimatePrompt(['中'.repeat(30)], 6)).toBe(30)
  })

  it('rounds up once, not for every part', () => {
    expect(estimatePrompt([], 4)).toBe(0)
    expect(estimatePrompt(['a', 'b', 'c', 'd'], 4)).toBe(1)
    expect(estimatePrompt(['a', 'b', 'c', 'd', 'e'], 4)).toBe(2)
    expect(estimatePrompt(['ab', '中', 'c', '文', 'd'], 4)).toBe(3)
  })

  it('bears bytes that are no UTF-8: a lead byte at the end, or that nothing follows', () => {
    expect(estimatePrompt(Buffer.from([0xe2]), 4)).toBe(1)
    expect(estimatePrompt(Buffer.from([0xf0, 0xf0, 0xf0]), 4)).toBe(1)
    expect(estimatePrompt(Buffer.from([0xbf, 0xbf, 0xbf, 0xbf]), 4)).toBe(1)
    expect(estimatePrompt(Buffer.from([0xe3, ...Array<number>(8).fill(0xc0)]), 8)).toBe(2)
  })

  it('does as one that looks at every character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 2, max: 6 }), (text, ratio) => {
        let [narrow, wide] = [0, 0]
        for (const character of text) {
          const length = Buffer.byteLength(character)
          if ((character.codePointAt(0) ?? 0) >= 0x2e80) wide += length
          else narrow += length
        }
        expect(estimatePrompt([text], ratio)).toBe(Math.ceil(narrow / ratio + wide / 3))
      }),
    )
  })
})

describe('declaredMaximum', () => {
  it.each([
    [{}, undefined],
    [{ n: 3 }, undefined],
    [{ max_tokens: 100 }, 100],
    [{ max_completion_tokens: 100 }, 100],
    [{ max_output_tokens: 100 }, 100],
    [{ max_tokens: 1, max_completion_tokens: 10_000 }, 10_000],
    [{ max_tokens: 7, max_completion_tokens: 5, max_output_tokens: 6 }, 7],
    [{ max_tokens: 5, max_output_tokens: 6 }, 6],
    [{ max_tokens: 100, n: 3 }, 300],
    [{ max_tokens: 100, n: 0 }, 100],
    [{ max_tokens: 100, n: -2 }, 100],
    [{ max_tokens: 100, n: '4' }, 100],
    [{ max_tokens: 100, n: null }, 100],
    [{ max_tokens: 10.2 }, 11],
    [{ max_tokens: 0 }, undefined],
    [{ max_tokens: -5 }, undefined],
    [{ max_tokens: null, max_output_tokens: 8 }, 8],
    [{ max_tokens: '100' }, undefined],
    [{ max_tokens: Infinity }, undefined],
    [{ max_tokens: Number.NaN, max_completion_tokens: 2 }, 2],
  ])('of %j is %s', (fields, expected) => {
    expect(declaredMaximum(fields)).toBe(expected)
  })
})
