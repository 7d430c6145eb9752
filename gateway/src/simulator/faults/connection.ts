import type { Ending, Reply, Step } from '../reply.ts'
import type { FaultKind, FaultParameters } from './fault-kind.ts'
import { withRaw } from './wire.ts'

/** U1, U3: the connection fails before a byte of an answer. */
export const connectionFaults = {
  'reset-on-accept': {
    about: 'RST before any byte; set for "*" it strikes when the connection is made',
    reads: [],
    apply: (reply) => silent(reply, {}, 'reset'),
  },
  'close-on-accept': {
    about: 'FIN before any byte; set for "*" it strikes when the connection is made',
    reads: [],
    apply: (reply) => silent(reply, {}, 'fin'),
  },
  'reset-before-headers': {
    about: 'takes the request, then RST',
    reads: ['after'],
    apply: (reply, parameters) => silent(reply, parameters, 'reset'),
  },
  'close-before-headers': {
    about: 'takes the request, then FIN',
    reads: ['after'],
    apply: (reply, parameters) => silent(reply, parameters, 'fin'),
  },
  hang: {
    about: 'takes the request and never answers',
    reads: [],
    apply: (reply) => silent(reply, {}, 'hang'),
  },
  slow: {
    about: 'the whole answer, `after` milliseconds late (1000)',
    reads: ['after'],
    apply: (reply, { after = 1_000 }) => ({ ...reply, delayMs: reply.delayMs + after }),
  },
  'keep-alive-race': {
    about: 'a good answer on a connection that is said to stay, then FIN (`end`) `after` milliseconds later (0)',
    reads: ['after', 'end'],
    apply: (reply, { after = 0, end = 'fin' }) => ({ ...reply, trailing: [{ waitMs: after }, { end }] }),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function silent(reply: Reply, parameters: FaultParameters, end: Ending): Reply {
  const steps: readonly Step[] = [{ waitMs: parameters.after ?? 0 }, { end }]
  return withRaw({ ...reply, delayMs: 0 }, steps)
}
