const FIRST_BYTES = 16 * 1024
/** Of a message's length, kept free until it is known: most are of 128 bytes to 16 KB. */
const LENGTH_BYTES = 2

const VARINT = 0
const FIXED_64 = 1
const DELIMITED = 2
const FIXED_32 = 5

/** Writes protobuf's wire format. Fields come in the order of the calls; what is not written has its default. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #size = 0

  /** What was written; valid until more is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  text(field: number, value: string): void {
    const most = value.length * 3
    this.#room(most + 20)
    this.#tag(field, DELIMITED)
    const length = Buffer.byteLength(value)
    this.#varint(length)
    this.#size += this.#bytes.write(value, this.#size)
  }

  /** Bytes that are given in hex. */
  hex(field: number, value: string): void {
    this.#room(value.length + 20)
    this.#tag(field, DELIMITED)
    this.#varint(value.length / 2)
    this.#size += this.#bytes.write(value, this.#size, 'hex')
  }

  /** A safe integer, or a boolean or an enumeration as one. */
  integer(field: number, value: number): void {
    this.#room(20)
    this.#tag(field, VARINT)
    if (value >= 0) return this.#varint(value)
    // Two's complement of 64 bits.
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest >= 0x80n; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80)
    this.#byte(Number(rest))
  }

  double(field: number, value: number): void {
    this.#room(20)
    this.#tag(field, FIXED_64)
    this.#size = this.#bytes.writeDoubleLE(value, this.#size)
  }

  fixed32(field: number, value: number): void {
    this.#room(20)
    this.#tag(field, FIXED_32)
    this.#size = this.#bytes.writeUInt32LE(value, this.#size)
  }

  fixed64(field: number, value: bigint): void {
    this.#room(20)
    this.#tag(field, FIXED_64)
    this.#size = this.#bytes.writeBigUInt64LE(value, this.#size)
  }

  /** A message inside of this one: what `write` writes. */
  message(field: number, write: () => void): void {
    this.#room(20)
    this.#tag(field, DELIMITED)
    const from = this.#size
    this.#size += LENGTH_BYTES
    write()
    const length = this.#size - from - LENGTH_BYTES
    const needed = varintBytes(length)
    if (needed !== LENGTH_BYTES) {
      this.#room(10)
      this.#bytes.copyWithin(from + needed, from + LENGTH_BYTES, this.#size)
    }
    this.#size = from
    this.#varint(length)
    this.#size += length
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type)
  }

  #varint(value: number): void {
    let rest = value
    // Not by shifts, which have 32 bits.
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80)
    this.#byte(rest)
  }

  #byte(value: number): void {
    this.#bytes[this.#size] = value
    this.#size += 1
  }

  #room(bytes: number): void {
    if (this.#size + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#size + bytes))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1
  return bytes
}
