import type { FaultKind } from './fault-kind.ts'

/** The server takes the request at once, and then thinks for long. */
export const firstEventFaults = {
  'slow-first-event': {
    about: 'the head at once, the first event `after` milliseconds later (1000); without a stream the whole answer',
    reads: ['after'],
    apply: (reply, { after = 1_000 }) => {
      if (reply.body.kind !== 'events') return { ...reply, delayMs: reply.delayMs + after }
      const events = reply.body.events.map((event, index) => (index === 0 ? { ...event, waitMs: event.waitMs + after } : event))
      return { ...reply, body: { kind: 'events', events } }
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>
