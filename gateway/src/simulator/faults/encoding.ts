import { constants, gzipSync } from 'node:zlib'
import type { Reply, Step } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, headBytes, withBytes, withRaw, withSteps } from './wire.ts'

const BLOCK_BYTES = 1_048_576
const GIB = 1_024 ** 3

/** U12: content codings that nobody asked for. */
export const encodingFaults = {
  gzip: { about: 'a good answer in gzip', reads: [], apply: (reply) => encoded(reply, gzipSync(bodyBytes(reply))) },
  'gzip-label': { about: 'labelled gzip, but plain', reads: [], apply: (reply) => encoded(reply, bodyBytes(reply)) },
  'truncated-gzip': {
    about: 'gzip cut in half; the length fits, or with `end` it promises the whole and ends so',
    reads: ['end'],
    apply: (reply, { end }) => {
      const whole = gzipSync(bodyBytes(reply))
      const half = whole.subarray(0, Math.floor(whole.length / 2))
      if (end === undefined) return encoded(reply, half)
      return withRaw(reply, [headBytes(reply, ['content-encoding: gzip', `content-length: ${whole.length}`]), half, { end }])
    },
  },
  'gzip-bomb': {
    about: 'a thousandth of `bytes` on the wire that unpacks to `bytes` (10 GiB)',
    reads: ['bytes'],
    apply: (reply, { bytes = 10 * GIB }) => withSteps(labelled(reply, 'gzip'), bomb(bytes)),
  },
  'gzip-chain': {
    about: 'a good answer, gzip within gzip `count` times (6)',
    reads: ['count'],
    apply: (reply, { count = 6 }) => {
      const layers = Math.min(count, 50)
      let bytes = bodyBytes(reply)
      for (let layer = 0; layer < layers; layer += 1) bytes = gzipSync(bytes)
      return withBytes(labelled(reply, Array.from({ length: layers }, () => 'gzip').join(', ')), bytes)
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function encoded(reply: Reply, bytes: Buffer): Reply {
  return withBytes(labelled(reply, 'gzip'), bytes)
}

function labelled(reply: Reply, coding: string): Reply {
  return { ...reply, headers: { ...reply.headers, 'content-encoding': coding } }
}

/**
 * One packed block of blanks, repeated: after a full flush a block may follow itself. The checksum at the end is left
 * out, since whoever gets that far has swallowed the bomb already.
 */
function* bomb(bytes: number): Generator<Step> {
  const packed = gzipSync(Buffer.alloc(BLOCK_BYTES, ' '), { finishFlush: constants.Z_FULL_FLUSH })
  const headLength = 10
  yield packed.subarray(0, headLength)
  const block = packed.subarray(headLength)
  for (let sent = 0; sent < bytes; sent += BLOCK_BYTES) yield block
}
