import type { Ending, Reply, Step } from '../reply.ts'
import type { FaultKind, FaultParameters } from './fault-kind.ts'
import { before, bodyBytes, chunkOf, headBytes, LAST_CHUNK, withRaw, withSteps, writesOf } from './wire.ts'

/** U5, U6: the answer begins well and is cut. */
export const cutFaults = {
  'short-body': {
    about: 'content-length promises more than the `at` bytes that come, then FIN (`end`)',
    reads: ['at', 'after', 'end'],
    apply: (reply, parameters) => {
      const bytes = bodyBytes(reply)
      const { at = Math.floor(bytes.length / 2), after = 0, end = 'fin' } = parameters
      return withRaw(reply, [headBytes(reply, [`content-length: ${bytes.length}`]), bytes.subarray(0, at), { waitMs: after }, { end }])
    },
  },
  'missing-last-chunk': {
    about: 'a whole chunked body without its last, empty chunk, then FIN (`end`)',
    reads: ['after', 'end'],
    apply: (reply, { after = 0, end = 'fin' }) =>
      withRaw(reply, [chunkedHead(reply), ...chunked(writesOf(reply)), { waitMs: after }, { end }]),
  },
  'cut-chunk': {
    about: 'ends within a chunk, before event or byte `at` is whole, with FIN (`end`)',
    reads: ['at', 'after', 'end'],
    apply: (reply, parameters) => cutChunk(reply, parameters),
  },
  'reset-mid-stream': {
    about: 'RST before event or byte `at` (3, or half the body)',
    reads: ['at', 'after'],
    apply: (reply, parameters) => cut(reply, parameters, 'reset'),
  },
  'fin-mid-stream': {
    about: 'FIN within a chunked body before event or byte `at`',
    reads: ['at', 'after'],
    apply: (reply, parameters) => cut(reply, parameters, 'fin'),
  },
  'close-delimited-cut': {
    about: 'neither length nor chunks: FIN before event or byte `at` looks like a proper end',
    reads: ['at', 'after'],
    apply: (reply, { at, after = 0 }) =>
      withRaw(reply, [headBytes(reply, ['connection: close']), ...before(reply, at), { waitMs: after }, { end: 'fin' }]),
  },
  'close-delimited': {
    about: 'a whole answer that ends with the connection',
    reads: [],
    apply: (reply) => withRaw(reply, [headBytes(reply, ['connection: close']), ...writesOf(reply)]),
  },
  stall: {
    about: 'open and silent from event or byte `at` on',
    reads: ['at'],
    apply: (reply, parameters) => cut(reply, parameters, 'hang'),
  },
  'stall-with-comments': {
    about: 'from event or byte `at` on only a comment every `after` milliseconds (100), `count` times (100000)',
    reads: ['at', 'after', 'count'],
    apply: (reply, parameters) => withSteps(reply, commentsAfter(before(reply, parameters.at), parameters)),
  },
  'slow-events': {
    about: 'a pause of `after` milliseconds (100) before each event',
    reads: ['after'],
    apply: (reply, { after = 100 }) => {
      if (reply.body.kind !== 'events') return { ...reply, delayMs: reply.delayMs + after }
      return { ...reply, body: { kind: 'events', events: reply.body.events.map((event) => ({ ...event, waitMs: after })) } }
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function cut(reply: Reply, { at, after = 0 }: FaultParameters, end: Ending): Reply {
  return withSteps(reply, [...before(reply, at), { waitMs: after }, { end }])
}

function cutChunk(reply: Reply, { at, after = 0, end = 'fin' }: FaultParameters): Reply {
  const sent = before(reply, at)
  const whole =
    reply.body.kind === 'events'
      ? (reply.body.events[sent.filter((step) => Buffer.isBuffer(step)).length]?.bytes ?? LAST_CHUNK)
      : bodyBytes(reply)
  const half = reply.body.kind === 'events' ? Math.floor(whole.length / 2) : (at ?? Math.floor(whole.length / 2))
  const earlier = reply.body.kind === 'events' ? chunked(sent) : []
  // The chunk says its full length and brings half of it.
  const size = Buffer.from(`${whole.length.toString(16)}\r\n`)
  return withRaw(reply, [chunkedHead(reply), ...earlier, Buffer.concat([size, whole.subarray(0, half)]), { waitMs: after }, { end }])
}

function chunkedHead(reply: Reply): Buffer {
  return headBytes(reply, ['transfer-encoding: chunked'])
}

function chunked(steps: readonly Step[]): readonly Step[] {
  return steps.map((step) => (Buffer.isBuffer(step) ? chunkOf(step) : step))
}

function* commentsAfter(sent: readonly Step[], { after = 100, count = 100_000 }: FaultParameters): Generator<Step> {
  yield* sent
  for (let number = 0; number < count; number += 1) {
    yield { waitMs: after }
    yield Buffer.from(': ping\n\n')
  }
  yield { end: 'hang' }
}
