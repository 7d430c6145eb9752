import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtobufWriter } from './protobuf-writer.ts'

/** Field → values, as protobuf's wire format has them. */
function fieldsOf(bytes: Buffer): [field: number, value: bigint | Buffer][] {
  const fields: [number, bigint | Buffer][] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at] ?? 0
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const type = tag % 8
    if (type === 0) fields.push([tag >> 3, varint()])
    else {
      const length = type === 1 ? 8 : type === 5 ? 4 : Number(varint())
      fields.push([tag >> 3, bytes.subarray(at, at + length)])
      at += length
    }
  }
  return fields
}

test('texts, numbers and messages of all sizes come out as they went in', () => {
  const sizes = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.nat(40_000).map((length) => 'ä'.repeat(length)),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), sizes, fc.maxSafeInteger()), { maxLength: 8 }), (rows) => {
      const writer = new ProtobufWriter()
      for (const [field, text, number] of rows)
        writer.message(field, () => {
          writer.text(1, text)
          writer.message(2, () => writer.integer(1, number))
        })
      const read = fieldsOf(writer.bytes).map(([field, inner]) => {
        const [[, text], [, nested]] = fieldsOf(inner as Buffer) as [[number, Buffer], [number, Buffer]]
        return [field, text.toString(), Number(BigInt.asIntN(64, fieldsOf(nested)[0]?.[1] as bigint))]
      })
      expect(read).toEqual(rows.map(([field, text, number]) => [field, text.toWellFormed(), number]))
    }),
    { numRuns: 200 },
  )
})

test('bytes, fixed numbers and doubles', () => {
  const writer = new ProtobufWriter()
  writer.hex(1, '00ff10')
  writer.fixed64(2, 2n ** 63n + 5n)
  writer.fixed32(3, 0x301)
  writer.double(4, -0.5)
  const [hex, long, flags, double] = fieldsOf(writer.bytes).map(([, value]) => value as Buffer)
  expect(hex?.toString('hex')).toBe('00ff10')
  expect(long?.readBigUInt64LE()).toBe(2n ** 63n + 5n)
  expect(flags?.readUInt32LE()).toBe(0x301)
  expect(double?.readDoubleLE()).toBe(-0.5)
})
