import { describe, expect, it } from 'vitest'
import { CodecMismatch, type StreamPiece } from '../codec.ts'
import { createPieceDecoder } from './piece-decoder.ts'

const chunk = (text: string): StreamPiece => ({ kind: 'chunk', chunk: { text } })
const END: StreamPiece = { kind: 'end' }
const ERROR: StreamPiece = { kind: 'error', error: { message: 'm', type: undefined, param: undefined, code: undefined } }

/** A unit to a letter: `.` ends, `!` fails, `?` makes no sense, `2` is two chunks, `x` an end with a chunk behind it. */
function decoderOf({ close, rest = '' }: { readonly close?: () => readonly StreamPiece[]; readonly rest?: string } = {}) {
  const read: string[] = []
  const decoder = createPieceDecoder<string>({
    push: (bytes) => bytes.toString(),
    flush: () => rest,
    read(unit) {
      read.push(unit)
      if (unit === '?') throw new CodecMismatch('nonsense')
      if (unit === '#') throw new TypeError('a bug')
      if (unit === '.') return [END]
      if (unit === '!') return [ERROR]
      if (unit === 'x') return [END, chunk('late')]
      return unit === '2' ? [chunk('2'), chunk('2')] : [chunk(unit)]
    },
    ...(close === undefined ? {} : { close }),
  })
  return { read, push: (text: string) => decoder.push(Buffer.from(text)), flush: () => decoder.flush() }
}

describe('createPieceDecoder', () => {
  it('gives the pieces of each unit', () => {
    const decoder = decoderOf({ rest: 'z' })
    expect(decoder.push('a2')).toEqual([chunk('a'), chunk('2'), chunk('2')])
    expect(decoder.push('')).toEqual([])
    expect(decoder.flush()).toEqual([chunk('z')])
  })

  it.each([
    ['.', END],
    ['!', ERROR],
    ['x', END],
  ])('reads nothing after %s', (unit, last) => {
    const decoder = decoderOf({ rest: 'r', close: () => [chunk('closed')] })
    expect(decoder.push(`a${unit}b?`)).toEqual([chunk('a'), last])
    expect(decoder.push('c')).toEqual([])
    expect(decoder.flush()).toEqual([])
    expect(decoder.read).toEqual(['a', unit])
  })

  it('gives what stands before nonsense first, and throws from then on', () => {
    const decoder = decoderOf({ close: () => [END] })
    const mismatch = new CodecMismatch('nonsense')
    expect(decoder.push('a?b')).toEqual([chunk('a')])
    expect(() => decoder.push('c')).toThrow(mismatch)
    expect(() => decoder.flush()).toThrow(mismatch)
    expect(decoder.read).toEqual(['a', '?'])
    expect(() => decoderOf().push('?')).toThrow(mismatch)
  })

  it('does the same at the end', () => {
    const late = decoderOf({ rest: 'a?', close: () => [END] })
    expect(late.flush()).toEqual([chunk('a')])
    expect(() => late.flush()).toThrow(CodecMismatch)
    expect(() => decoderOf({ rest: '?' }).flush()).toThrow(CodecMismatch)
  })

  it('says what the closed connection means, after what it left behind', () => {
    const decoder = decoderOf({ rest: 'z', close: () => [chunk('finish'), END] })
    expect(decoder.push('a')).toEqual([chunk('a')])
    expect(decoder.flush()).toEqual([chunk('z'), chunk('finish'), END])
    expect(decoder.flush()).toEqual([])
  })

  it('lets other errors through', () => {
    expect(() => decoderOf().push('a#')).toThrow(new TypeError('a bug'))
  })
})
