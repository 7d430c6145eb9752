import { isObject } from '../json.ts'
import { event, type Reply, type SentEvent } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'

/** U6: proper HTTP, but the end of the stream is not the usual one. Anything but a stream stays as it is. */
export const endingFaults = {
  'no-done': {
    about: 'finish_reason, but no [DONE]',
    reads: [],
    apply: (reply) => mapList(reply, (events) => events.filter((sent) => sent.data !== '[DONE]')),
  },
  'no-finish': {
    about: 'neither finish_reason nor [DONE]',
    reads: [],
    apply: (reply) => mapList(reply, (events) => events.filter((sent) => sent.data !== '[DONE]' && !finishes(sent))),
  },
  'no-finish-reason': {
    about: '[DONE], but no finish_reason',
    reads: [],
    apply: (reply) => mapList(reply, (events) => events.filter((sent) => !finishes(sent))),
  },
  'done-with-spaces': {
    about: 'blanks behind [DONE]',
    reads: [],
    apply: (reply) => mapList(reply, (events) => events.map((sent) => (sent.data === '[DONE]' ? event('[DONE]  ') : sent))),
  },
  'events-after-done': {
    about: 'one more event after [DONE]',
    reads: [],
    apply: (reply) => mapList(reply, (events) => [...events, ...events.slice(0, 1)]),
  },
  'no-final-blank': {
    about: 'the last event lacks the blank line that ends it',
    reads: [],
    apply: (reply) =>
      mapList(reply, (events) =>
        events.map((sent, index) => (index < events.length - 1 ? sent : { ...sent, bytes: Buffer.from(`data: ${sent.data}`) })),
      ),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function mapList(reply: Reply, change: (events: readonly SentEvent[]) => readonly SentEvent[]): Reply {
  return reply.body.kind === 'events' ? { ...reply, body: { kind: 'events', events: change(reply.body.events) } } : reply
}

function finishes(sent: SentEvent): boolean {
  if (!sent.data.startsWith('{')) return false
  const value: unknown = JSON.parse(sent.data)
  if (!isObject(value) || !Array.isArray(value['choices'])) return false
  return value['choices'].some((choice) => isObject(choice) && typeof choice['finish_reason'] === 'string')
}
