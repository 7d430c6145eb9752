import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AFTER_ALL, fromOrderedText, orderedText } from './ordered-text.ts'

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('a', '\uE000', '\uFFFF', '\uD83D', '\uDE00', '😀'), fc.string({ maxLength: 1, unit: 'binary' })),
})

describe('orderedText', () => {
  it('can be read back, and sorts in UTF-8 as the text does in UTF-16', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(fromOrderedText(orderedText(left))).toBe(left)
        const bytes = Buffer.compare(Buffer.from(orderedText(left)), Buffer.from(orderedText(right)))
        expect(bytes).toBe(left === right ? 0 : left < right ? -1 : 1)
        expect(Buffer.compare(Buffer.from(orderedText(left)), Buffer.from(AFTER_ALL))).toBe(-1)
      }),
    )
  })

  it('leaves ordinary names as they are', () => {
    expect([orderedText('backends/gpu-1'), orderedText('模型 é')]).toEqual(['backends/gpu-1', '模型 é'])
  })
})
