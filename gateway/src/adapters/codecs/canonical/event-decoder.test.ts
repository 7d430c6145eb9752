import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../lib/json.ts'
import { CodecMismatch, type StreamPiece } from '../codec.ts'
import { createEventDecoder, type JsonEvents } from './event-decoder.ts'

const chunk = (event: JsonObject, name?: string): StreamPiece => ({ kind: 'chunk', chunk: { ...event, name } })
const END: StreamPiece = { kind: 'end' }

function read(event: JsonObject, name: string | undefined): readonly StreamPiece[] {
  return event['end'] === true ? [END] : [chunk(event, name)]
}

const decoderOf = (rest: Partial<JsonEvents> = {}) => createEventDecoder({ maximumEventBytes: 1_000, read, ...rest })
function decode(stream: string, rest: Partial<JsonEvents> = {}): readonly StreamPiece[] {
  const decoder = decoderOf(rest)
  return [...decoder.push(Buffer.from(stream)), ...decoder.flush()]
}

describe('createEventDecoder', () => {
  it('reads objects with the names of their events, and passes over all that means nothing', () => {
    const noise = ': ping\n\nevent: only\n\ndata:\n\ndata: [DONE] \n\n'
    expect(decode(`${noise}event: a\ndata: {"x":1}\n\n${noise}data: {"y":2}\r\n\r\n`)).toEqual([chunk({ x: 1 }, 'a'), chunk({ y: 2 })])
  })

  it('gives the same pieces however the bytes are cut', () => {
    const bytes = Buffer.from('event: ü\ndata: {"x":"ü"}\n\ndata: {"y":"\ud83d\ude00"}\n\ndata: nonsense\n\n')
    const whole = [chunk({ x: 'ü' }, 'ü'), chunk({ y: '\ud83d\ude00' })]
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const decoder = decoderOf()
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
        const pieces: StreamPiece[] = []
        const act = () => {
          for (const [at, place] of places.slice(1).entries()) pieces.push(...decoder.push(bytes.subarray(places[at], place)))
          decoder.flush()
        }
        expect(act).toThrow(CodecMismatch)
        expect(pieces).toEqual(whole)
      }),
      { numRuns: 100 },
    )
  })

  it.each(['data: nonsense\n\n', 'data: 5\n\n', 'data: []\n\n', 'data: null\n\n'])('makes no sense of %j', (stream) => {
    expect(() => decode(stream)).toThrow(new CodecMismatch('An event of the stream is no JSON object'))
  })

  it('counts a last event without its blank line only as an end', () => {
    expect(decode('data: {"end":true}')).toEqual([END])
    expect(decode('data: {"x":1}')).toEqual([])
    expect(decode('data: {"end":tr')).toEqual([])
    expect(decode('data: 5')).toEqual([])
    expect(decode('{"end":true}')).toEqual([])
  })

  it('counts it whatever it says where the format has no end of its own', () => {
    const close = () => [END]
    expect(decode('data: {"x":1}', { close })).toEqual([chunk({ x: 1 }), END])
    expect(decode('data: {"x":', { close })).toEqual([END])
    expect(decode('', { close })).toEqual([END])
  })

  it('takes a body, or a list, where it may come', () => {
    const options = { takesBody: true, close: () => [END] }
    expect(decode('{"x":\n1}', options)).toEqual([chunk({ x: 1 }), END])
    expect(decode('[{"x":1},\n{"y":2}]', options)).toEqual([chunk({ x: 1 }), chunk({ y: 2 }), END])
    expect(decode('data: [{"x":1}]\n\n', options)).toEqual([chunk({ x: 1 }), END])
    expect(decode('{"x":\n\n', options)).toEqual([END])
    expect(() => decode('data: [1]\n\n', options)).toThrow(CodecMismatch)
  })

  it('takes an event of the greatest size, and none larger', () => {
    const decoder = decoderOf()
    expect(decoder.push(Buffer.alloc(1_000, 'a'))).toEqual([])
    expect(() => decoder.push(Buffer.from('a'))).toThrow(CodecMismatch)
  })
})
