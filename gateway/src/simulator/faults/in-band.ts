import { event, jsonReply, type Reply, type SentEvent } from '../reply.ts'
import { shapedError } from './error-shapes.ts'
import type { FaultKind, FaultParameters } from './fault-kind.ts'
import { bodyBytes } from './wire.ts'

/** U19: status 200, and an error in what follows. Without a stream each gives an error in a JSON body. */
export const inBandFaults = {
  'error-first-event': {
    about: 'the first event is an error (`shape`: nested, string, flat, ...), and the last',
    reads: ['shape'],
    apply: (reply, parameters) => errorAt(reply, { ...parameters, at: 0 }, []),
  },
  'error-mid-stream': {
    about: 'event `at` (3) is an error, and the last; no [DONE]',
    reads: ['at', 'shape'],
    apply: (reply, parameters) => errorAt(reply, parameters, []),
  },
  'error-then-done': {
    about: 'event `at` (3) is an error, then [DONE], as vLLM does it',
    reads: ['at', 'shape'],
    apply: (reply, parameters) => errorAt(reply, parameters, [event('[DONE]')]),
  },
  'error-field': {
    about: 'event `at` (3) is written as `error:` in place of `data:`, as old llama.cpp did',
    reads: ['at'],
    apply: (reply, parameters) => errorAt(reply, parameters, [], 'error'),
  },
  'error-in-200': {
    about: 'status 200 with {"error":...} (`shape`)',
    reads: ['shape'],
    apply: (reply, parameters) => json(reply, errorText(parameters.shape)),
  },
  'base-resp': {
    about: 'status 200 with {"base_resp":{"status_code":1002,...}}, as MiniMax refuses',
    reads: [],
    apply: (reply) => json(reply, JSON.stringify({ base_resp: { status_code: 1_002, status_msg: 'rate limit' } })),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function errorText(shape: string | undefined): string {
  return bodyBytes(
    shapedError(shape, { status: 500, message: 'The simulated engine died', type: 'server_error', code: 'engine_error' }),
  ).toString('utf8')
}

function errorAt(reply: Reply, parameters: FaultParameters, tail: readonly SentEvent[], field = 'data'): Reply {
  const text = errorText(parameters.shape)
  if (reply.body.kind !== 'events') return json(reply, text)
  const error = { ...event(text), bytes: Buffer.from(`${field}: ${text}\n\n`) }
  const events = [...reply.body.events.slice(0, parameters.at ?? 3), error, ...tail]
  return { ...reply, body: { kind: 'events', events } }
}

function json(reply: Reply, text: string): Reply {
  const answer = jsonReply(200, null)
  return { ...answer, headers: { ...reply.headers, ...answer.headers }, body: { kind: 'bytes', bytes: Buffer.from(text) } }
}
