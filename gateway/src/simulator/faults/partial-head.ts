import type { Reply, Step } from '../reply.ts'
import type { FaultKind, FaultParameters } from './fault-kind.ts'
import { bodyBytes, headBytes, withRaw } from './wire.ts'

/** U4, U8: the head of the answer does not arrive, or only just. */
export const partialHeadFaults = {
  'half-status-line': {
    about: 'the first `at` bytes of the status line (11), then silence (`end`)',
    reads: ['at', 'after', 'end'],
    apply: (reply, parameters) => cutHead(reply, { at: 11, end: 'hang', ...parameters }),
  },
  'half-headers': {
    about: 'status line and half the headers, then RST (`end`)',
    reads: ['at', 'after', 'end'],
    apply: (reply, parameters) => cutHead(reply, { end: 'reset', ...parameters }),
  },
  'headers-only': {
    about: 'a whole head that promises a body, then silence (`end`)',
    reads: ['after', 'end'],
    apply: (reply, parameters) => cutHead(reply, { at: Number.MAX_SAFE_INTEGER, end: 'hang', ...parameters }),
  },
  'slow-headers': {
    about: 'one byte of the head every `after` milliseconds (1000)',
    reads: ['after'],
    apply: (reply, { after = 1_000 }) => {
      const bytes = bodyBytes(reply)
      return withRaw(reply, dripThen(wholeHead(reply), after, bytes))
    },
  },
  'slow-body': {
    about: 'a quick head, then one byte of the body every `after` milliseconds (1000)',
    reads: ['after'],
    apply: (reply, { after = 1_000 }) => withRaw(reply, headThenDrip(wholeHead(reply), bodyBytes(reply), after)),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function wholeHead(reply: Reply): Buffer {
  return headBytes(reply, [`content-length: ${bodyBytes(reply).length}`, 'connection: close'])
}

function cutHead(reply: Reply, parameters: FaultParameters): Reply {
  const head = wholeHead(reply)
  const { at = Math.floor(head.length / 2), after = 0, end = 'reset' } = parameters
  return withRaw(reply, [head.subarray(0, at), { waitMs: after }, { end }])
}

function* drip(bytes: Buffer, afterMs: number): Generator<Step> {
  for (let at = 0; at < bytes.length; at += 1) {
    if (at > 0) yield { waitMs: afterMs }
    yield bytes.subarray(at, at + 1)
  }
}

function* dripThen(head: Buffer, afterMs: number, rest: Buffer): Generator<Step> {
  yield* drip(head, afterMs)
  yield rest
}

function* headThenDrip(head: Buffer, body: Buffer, afterMs: number): Generator<Step> {
  yield head
  yield* drip(body, afterMs)
}
