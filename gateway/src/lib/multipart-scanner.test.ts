import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf, createMultipartScanner, REPLACED, type Piece } from './multipart-scanner.ts'

const part = (name: string, value: string, extra = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${extra}\r\n\r\n${value}\r\n`
const file = (value: string) => part('file', value, '; filename="a.wav"\r\nContent-Type: audio/wav')
const END = '--b--\r\n'
const options = { boundary: 'b', replace: 'model', unique: new Set(['file']) }

function scan(chunks: readonly Buffer[], model = 'NEW') {
  const scanner = createMultipartScanner(options)
  const pieces: Piece[] = [...chunks.flatMap((chunk) => scanner.push(chunk)), ...scanner.end()]
  const output = Buffer.concat(pieces.map((piece) => (piece === REPLACED ? Buffer.from(model) : piece))).toString('latin1')
  return { output, fields: Object.fromEntries(scanner.fields), replacedBytes: scanner.replacedBytes }
}

const whole = (text: string) => scan([Buffer.from(text, 'latin1')])

describe('createMultipartScanner', () => {
  const bodies = [
    ['first', part('model', 'old') + file('data\r\n--x\r\n') + part('language', 'en')],
    ['last', file('data') + part('language', 'en') + part('model', 'old')],
    ['between', file('') + part('model', 'old') + part('language', 'en')],
  ] as const

  it.each(bodies)('replaces the model where it stands %s, and nothing else', (_name, body) => {
    expect(whole(body + END)).toEqual({
      output: body.replace('old', 'NEW') + END,
      fields: { model: 'old', language: 'en' },
      replacedBytes: 3,
    })
  })

  it('gives the same however the bytes are cut', () => {
    const text = bodies[0][1] + END
    const bytes = Buffer.from(text, 'latin1')
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (points) => {
        const cuts = [0, ...points.sort((a, b) => a - b), bytes.length]
        expect(scan(cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut)))).toEqual(whole(text))
      }),
    )
    expect(scan([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole(text))
  })

  it('takes a preamble, an epilogue and an empty value', () => {
    expect(whole(`preamble\r\n${part('model', '')}${END}epilogue`).output).toBe(`preamble\r\n${part('model', 'NEW')}${END}epilogue`)
  })

  it('holds back no more than a boundary', () => {
    const scanner = createMultipartScanner(options)
    const passed = scanner.push(Buffer.from(file('x'.repeat(10_000)).slice(0, -10)))
    expect(passed.reduce((sum, piece) => sum + (piece === REPLACED ? 0 : piece.length), 0)).toBeGreaterThan(9_900)
  })

  it.each([
    [part('model', 'a') + part('model', 'b') + END, 'The field "model" stands in the body twice'],
    [file('a') + file('b') + END, 'The field "file" stands in the body twice'],
    [part('model', 'a', '; filename="x"') + END, 'The field "model" must be text, not a file'],
    [part('model', 'a'.repeat(2_000)) + END, 'The field "model" is too long'],
    [part('model', 'a'), 'The multipart body ends before its closing boundary'],
    [`--b\r\nX: 1\r\n\r\nv\r\n${END}`, 'A multipart part has no name'],
    [`--b\r\nX: ${'1'.repeat(9_000)}`, 'The headers of a multipart part are too long'],
  ])('refuses what is ambiguous or broken', (body, message) => {
    expect(() => whole(body)).toThrow(message)
  })

  it('lets other fields repeat, as arrays do', () => {
    expect(whole(part('image[]', 'a') + part('image[]', 'b') + part('model', 'm') + END).fields).toEqual({ 'image[]': 'b', model: 'm' })
  })
})

it('boundaryOf', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc')
  expect(boundaryOf('Multipart/Form-Data; charset=x; boundary="a b"')).toBe('a b')
  expect(boundaryOf('multipart/form-data')).toBeUndefined()
  expect(boundaryOf('application/json; boundary=abc')).toBeUndefined()
})
