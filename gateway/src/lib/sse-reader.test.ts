import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseReader, SseOverflow, type SseEvent } from './sse-reader.ts'

function read(chunks: readonly Buffer[], limit = 1_000_000) {
  const reader = createSseReader(limit)
  return { events: chunks.flatMap((chunk) => reader.push(chunk)), pending: reader.pending() }
}

const plain = (event: SseEvent) => ({
  data: event.data?.toString(),
  name: event.name,
  comment: event.comment,
  bytes: event.bytes.toString(),
  error: event.errorField,
})

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const points = [0, ...at.map((point) => point % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return points.slice(1).map((point, index) => bytes.subarray(points[index], point))
}

const STREAM = [
  'data: {"a":"é😀"}\n\n',
  ': keep-alive\n\n',
  'data:{"b":1}\r\n\r\n',
  ': ping\r\n\r\n',
  'event: message\rdata: one\rdata: two\r\r',
  '\n',
  '\r\n',
  'event: only\n\n',
  'error: {"message":"x"}\n\n',
  'data: [DONE] \n\n',
].join('')

describe('createSseReader', () => {
  it('reads every framing that backends use', () => {
    const { events, pending } = read([Buffer.from(`\ufeff${STREAM}`)])
    expect(pending).toBe(0)
    expect(events.map(plain)).toEqual([
      { data: '{"a":"é😀"}', name: undefined, comment: false, bytes: 'data: {"a":"é😀"}\n\n', error: undefined },
      { data: undefined, name: undefined, comment: true, bytes: ': keep-alive\n\n', error: undefined },
      { data: '{"b":1}', name: undefined, comment: false, bytes: 'data:{"b":1}\n\n', error: undefined },
      { data: undefined, name: undefined, comment: true, bytes: ': ping\n\n', error: undefined },
      { data: 'one\ntwo', name: 'message', comment: false, bytes: 'event: message\ndata: one\ndata: two\n\n', error: undefined },
      { data: undefined, name: 'only', comment: false, bytes: 'event: only\n\n', error: undefined },
      { data: undefined, name: undefined, comment: false, bytes: 'error: {"message":"x"}\n\n', error: '{"message":"x"}' },
      { data: '[DONE] ', name: undefined, comment: false, bytes: 'data: [DONE] \n\n', error: undefined },
    ])
  })

  it('gives the same events however the bytes are cut', () => {
    const bytes = Buffer.from(`\ufeff${STREAM}`)
    const whole = read([bytes]).events.map(plain)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (points) => {
        expect(read(cut(bytes, points)).events.map(plain)).toEqual(whole)
      }),
      { numRuns: 2_000 },
    )
    expect(read([...bytes].map((byte) => Buffer.from([byte]))).events.map(plain)).toEqual(whole)
  })

  it('passes LF-framed bytes on without copying them', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\n')
    const { events } = read([chunk])
    expect(events.every((event) => event.bytes.buffer === chunk.buffer)).toBe(true)
  })

  it('tells how much of a truncated event is left', () => {
    expect(read([Buffer.from('data: 1\n\ndata: {"cut')])).toMatchObject({ events: [{}], pending: 11 })
  })

  it('stops at the limit instead of growing without bound', () => {
    const reader = createSseReader(100)
    expect(() => {
      for (let index = 0; index < 20; index += 1) reader.push(Buffer.from('data: 1234567890'))
    }).toThrow(SseOverflow)
  })
})
