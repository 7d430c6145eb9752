import type { Reply, Step } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, withSteps } from './wire.ts'

const BLOCK = Buffer.alloc(65_536, 'a')
const MIB = 1_048_576

/** U13: answers without an end in sight; `bytes` is where they end after all. */
export const hugeFaults = {
  'huge-json': {
    about: 'one JSON object of `bytes` (1 GiB)',
    reads: ['bytes'],
    apply: (reply, { bytes = 1_024 * MIB }) =>
      withSteps(
        plain(reply),
        filled(
          '{"id":"huge","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"',
          bytes,
          '"},"finish_reason":"stop"}]}',
        ),
      ),
  },
  'huge-event': {
    about: 'a good stream whose first event has `bytes` (100 MiB)',
    reads: ['bytes'],
    apply: (reply, { bytes = 100 * MIB }) => withSteps(stream(reply), hugeEvent(bytes, reply)),
  },
  'endless-event': {
    about: '`bytes` of an event (1 GiB) without line end or blank line, then the end of the body',
    reads: ['bytes'],
    apply: (reply, { bytes = 1_024 * MIB }) => withSteps(stream(reply), filled('data: ', bytes, '')),
  },
  'endless-lines': {
    about: '`bytes` of `data:` lines (1 GiB) without the blank line that ends an event',
    reads: ['bytes'],
    apply: (reply, { bytes = 1_024 * MIB }) => withSteps(stream(reply), repeated(Buffer.from('data: a\n'.repeat(8_192)), bytes)),
  },
  'endless-stream': {
    about: 'good events for `bytes` (1 GiB), then the end of the body without [DONE]',
    reads: ['bytes'],
    apply: (reply, { bytes = 1_024 * MIB }) => {
      const chunk = JSON.stringify({
        id: 'endless',
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta: { content: 'a' }, finish_reason: null }],
      })
      return withSteps(stream(reply), repeated(Buffer.from(`data: ${chunk}\n\n`.repeat(512)), bytes))
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function plain(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, 'content-type': 'application/json' } }
}

function stream(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, 'content-type': 'text/event-stream; charset=utf-8' } }
}

function* filled(start: string, bytes: number, end: string): Generator<Step> {
  yield Buffer.from(start)
  for (let left = bytes; left > 0; left -= BLOCK.length) yield left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK
  if (end !== '') yield Buffer.from(end)
}

function* hugeEvent(bytes: number, reply: Reply): Generator<Step> {
  yield* filled(
    'data: {"id":"huge","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"',
    bytes,
    '"},"finish_reason":null}]}\n\n',
  )
  yield bodyBytes(reply)
}

function* repeated(block: Buffer, bytes: number): Generator<Step> {
  for (let sent = 0; sent < bytes; sent += block.length) yield block
}
