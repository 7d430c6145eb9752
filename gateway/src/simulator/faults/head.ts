import type { Reply, Step } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, chunkOf, headBytes, headerLines, LAST_CHUNK, rawAnswer, statusLine, withBytes, withRaw } from './wire.ts'

const FOREIGN = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"foreign":true}')
const INFORMATION = Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </nothing>; rel=preload\r\n\r\n')
/** A name of 8 and a value of 1,000 bytes to the line. */
const FILLER_LINE_BYTES = 1_012

/** U10, U11: heads that break the protocol, and bytes beyond the answer. */
export const headFaults = {
  'huge-headers': {
    about: 'a good answer with `bytes` of headers (20480)',
    reads: ['bytes'],
    apply: (reply, { bytes = 20_480 }) => withRaw(reply, rawAnswer(reply, fillers(Math.ceil(bytes / FILLER_LINE_BYTES), 1_000))),
  },
  'many-headers': {
    about: 'a good answer with `count` headers (2500)',
    reads: ['count'],
    apply: (reply, { count = 2_500 }) => withRaw(reply, rawAnswer(reply, fillers(count, 1))),
  },
  'duplicate-content-length': {
    about: 'two lengths that differ',
    reads: [],
    apply: (reply) => withRaw(reply, rawAnswer(reply, [`content-length: ${bodyBytes(reply).length + 5}`])),
  },
  'bad-content-length': {
    about: 'a length that is no number',
    reads: [],
    apply: (reply) => withRaw(reply, [headBytes(reply, ['content-length: 12abc']), bodyBytes(reply)]),
  },
  'length-and-chunked': {
    about: 'content-length and transfer-encoding at once',
    reads: [],
    apply: (reply) => {
      const bytes = bodyBytes(reply)
      const head = headBytes(reply, [`content-length: ${bytes.length}`, 'transfer-encoding: chunked', 'connection: close'])
      return withRaw(reply, [head, chunkOf(bytes), LAST_CHUNK])
    },
  },
  'bad-chunk-size': {
    about: 'a chunk whose size is no hexadecimal number',
    reads: [],
    apply: (reply) => withRaw(reply, [headBytes(reply, ['transfer-encoding: chunked']), Buffer.from('zz\r\n'), bodyBytes(reply)]),
  },
  'bare-cr': {
    about: 'a CR alone within a header',
    reads: [],
    apply: (reply) => withRaw(reply, rawAnswer(reply, ['x-bare: one\rx-smuggled: two'])),
  },
  'informational-flood': {
    about: '`count` answers 103 (1000) before the real one',
    reads: ['count'],
    apply: (reply, { count = 1_000 }) => withRaw(reply, flood(reply, count)),
  },
  'switching-protocols': {
    about: 'status 101 that nobody asked for',
    reads: [],
    apply: (reply) =>
      withRaw(reply, [Buffer.from(`${statusLine('101')}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`), { end: 'hang' }]),
  },
  'odd-status': {
    about: 'a good answer under a `status` that does not exist (99)',
    reads: ['status'],
    apply: (reply, { status = 99 }) => withRaw(reply, oddStatus(reply, status)),
  },
  'no-content-with-body': {
    about: 'status 204 with a body behind it',
    reads: [],
    apply: (reply) => withRaw(reply, rawAnswer({ ...reply, status: 204 }, [])),
  },
  poison: {
    about: 'a foreign answer behind the body, at once or `after` milliseconds; the connection stays open',
    reads: ['after'],
    apply: (reply, { after }) => {
      const whole = withBytes(reply, bodyBytes(reply))
      return after === undefined ? { ...whole, surplus: FOREIGN } : { ...whole, trailing: [{ waitMs: after }, FOREIGN] }
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function fillers(count: number, length: number): readonly string[] {
  const value = 'f'.repeat(length)
  return Array.from({ length: Math.min(count, 100_000) }, (_, index) => `x-f${String(index).padStart(5, '0')}: ${value}`)
}

function* flood(reply: Reply, count: number): Generator<Step> {
  for (let number = 0; number < count; number += 1) yield INFORMATION
  yield* rawAnswer(reply, [])
}

function oddStatus(reply: Reply, status: number): readonly Step[] {
  const bytes = bodyBytes(reply)
  const lines = [statusLine(String(status).padStart(3, '0')), ...headerLines(reply), `content-length: ${bytes.length}`, 'connection: close']
  return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]
}
