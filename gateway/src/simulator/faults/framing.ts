import type { Reply, SentEvent, Step } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, withSteps } from './wire.ts'

/** U9: unusual but legal framing of a stream; a reader must give the same events. Anything but a stream is cut the same way or stays. */
export const framingFaults = {
  crlf: { about: 'CRLF line ends', reads: [], apply: (reply) => frame(reply, (data) => `data: ${data}\r\n\r\n`) },
  cr: { about: 'CR line ends', reads: [], apply: (reply) => frame(reply, (data) => `data: ${data}\r\r`) },
  'no-space': { about: '`data:` without a space', reads: [], apply: (reply) => frame(reply, (data) => `data:${data}\n\n`) },
  'multi-line-data': {
    about: 'each JSON event over two `data:` lines',
    reads: [],
    apply: (reply) => frame(reply, (data) => `data: ${data.replace(/^\{/u, '{\ndata: ')}\n\n`),
  },
  comments: {
    about: 'comments and blank lines around each event',
    reads: [],
    apply: (reply) => frame(reply, (data) => `: keep-alive\n\n\ndata: ${data}\n\n`),
  },
  'stray-fields': {
    about: 'frames that have only `id:`, `retry:` or `event:`',
    reads: [],
    apply: (reply) => frame(reply, (data) => `id: 7\n\nretry: 3000\n\nevent: ping\n\ndata: ${data}\n\n`),
  },
  'stream-bom': {
    about: 'a byte order mark before the first event',
    reads: [],
    apply: (reply) => frame(reply, (data, index) => `${index === 0 ? '\uFEFF' : ''}data: ${data}\n\n`),
  },
  'split-bytes': {
    about: 'each byte in a chunk of its own',
    reads: [],
    apply: (reply) => withSteps(reply, single(bodyBytes(reply))),
  },
  split: {
    about: 'two writes, cut at byte `at` (half), `after` milliseconds apart (0)',
    reads: ['at', 'after'],
    apply: (reply, { at, after = 0 }) => {
      const bytes = bodyBytes(reply)
      const offset = at ?? Math.floor(bytes.length / 2)
      return withSteps(
        reply,
        [bytes.subarray(0, offset), { waitMs: after }, bytes.subarray(offset)].filter((step) => !Buffer.isBuffer(step) || step.length > 0),
      )
    },
  },
  'one-write': { about: 'the whole body in one write', reads: [], apply: (reply) => withSteps(reply, [bodyBytes(reply)]) },
} as const satisfies Readonly<Record<string, FaultKind>>

function frame(reply: Reply, framed: (data: string, index: number) => string): Reply {
  if (reply.body.kind !== 'events') return reply
  const events = reply.body.events.map((sent, index): SentEvent => ({ ...sent, bytes: Buffer.from(framed(sent.data, index)) }))
  return { ...reply, body: { kind: 'events', events } }
}

/** A turn of the event loop between bytes: written in one turn, the kernel would join them. */
function* single(bytes: Buffer): Generator<Step> {
  for (let at = 0; at < bytes.length; at += 1) {
    yield bytes.subarray(at, at + 1)
    yield { waitMs: 0 }
  }
}
