import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineReader } from './line-reader.ts'

describe('createLineReader', () => {
  it('gives lines once they are complete', () => {
    const reader = createLineReader()
    const push = (text: string) => reader.push(Buffer.from(text)).map(String)
    expect(push('a')).toEqual([])
    expect(reader.pending()).toBe(1)
    expect(push('bc')).toEqual([])
    expect(reader.pending()).toBe(3)
    expect(push('d\n\nef\ng')).toEqual(['abcd', '', 'ef'])
    expect(reader.pending()).toBe(1)
    expect(push('')).toEqual([])
    expect(String(reader.flush())).toBe('g')
    expect(reader.pending()).toBe(0)
    expect(String(reader.flush())).toBe('')
    expect(push('\n')).toEqual([''])
  })

  it('gives the same lines however the bytes were cut', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\r\n', 'ä', '❄', '𝄞'), { maxLength: 40 }).map((parts) => Buffer.from(parts.join('')))
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (bytes, sizes) => {
        const reader = createLineReader()
        const lines: string[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          lines.push(...reader.push(bytes.subarray(at, at + size)).map(String))
          at += size
        }
        expect([...lines, String(reader.flush())]).toEqual(bytes.toString().split('\n'))
      }),
    )
  })
})
