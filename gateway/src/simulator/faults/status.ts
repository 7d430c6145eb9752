import { bytesReply, jsonReply, type Reply } from '../reply.ts'
import { shapedError, type ErrorFacts } from './error-shapes.ts'
import type { FaultContext, FaultKind, FaultParameters } from './fault-kind.ts'
import { headBytes, bodyBytes, withRaw } from './wire.ts'

/** U14, U17: a proper answer with a status that is not 200. All read `retryAfter`, `body` and `shape`. */
export const statusFaults = {
  status: {
    about: 'any `status` (500)',
    reads: ['status', 'retryAfter', 'body', 'shape', 'after'],
    apply: (reply, parameters, context) => {
      const { status = 500 } = parameters
      const type = status < 500 ? 'invalid_request_error' : 'server_error'
      return refused(reply, { status, message: `The simulated server answers with ${status}`, type, code: null }, { parameters, context })
    },
  },
  'rate-limited': refusal('429: too many requests', {
    status: 429,
    message: 'Rate limit reached',
    type: 'requests',
    code: 'rate_limit_exceeded',
  }),
  quota: refusal('429: nothing left to spend', {
    status: 429,
    message: 'You exceeded your current quota',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }),
  loading: refusal('503: the model is being loaded', { status: 503, message: 'Loading model', type: 'unavailable_error', code: null }),
  overloaded: refusal('503: too busy', {
    status: 503,
    message: 'The engine is currently overloaded',
    type: 'server_error',
    code: 'overloaded',
  }),
  unauthorized: {
    about: '401 with {"error":"Unauthorized"}, as vLLM says it',
    reads: ['body', 'shape'],
    apply: (reply, parameters, context) =>
      refused(
        reply,
        { status: 401, message: 'Unauthorized', type: 'invalid_request_error', code: 'invalid_api_key' },
        { parameters: { shape: 'string', ...parameters }, context },
      ),
  },
  'payment-required': refusal('402: the account is empty', {
    status: 402,
    message: 'Insufficient Balance',
    type: 'unknown_error',
    code: 'invalid_request_error',
  }),
  'context-length': refusal('400: the prompt is too long', {
    status: 400,
    message: "This model's maximum context length is 4096 tokens",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  }),
  'content-filter': refusal('400: the prompt was filtered', {
    status: 400,
    message: 'The response was filtered',
    type: 'invalid_request_error',
    code: 'content_filter',
  }),
  redirect: {
    about: '302 (`status`) to `location`, an inner address unless told',
    reads: ['status', 'location'],
    apply: (reply, { status = 302, location = 'http://169.254.169.254/latest/meta-data/' }) => {
      const moved = bytesReply(status, 'text/plain', Buffer.from('moved'))
      return { ...moved, headers: { ...reply.headers, ...moved.headers, location } }
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function refusal(about: string, facts: ErrorFacts) {
  return {
    about,
    reads: ['retryAfter', 'body', 'shape', 'after'],
    apply: (reply, parameters, context) => refused(reply, facts, { parameters, context }),
  } as const satisfies FaultKind
}

function refused(reply: Reply, facts: ErrorFacts, given: { parameters: FaultParameters; context: FaultContext }): Reply {
  const { parameters, context } = given
  const error = parameters.body === undefined ? shapedError(parameters.shape, facts) : told(facts.status, parameters.body)
  const name = reply.headers['x-simulator']
  const headers = { ...error.headers, ...(name === undefined ? {} : { 'x-simulator': name }), ...retryHeaders(parameters, context.now) }
  const answer = { ...error, headers }
  // node:http gives such a status no body, or does not write it at all.
  const unusual = facts.status < 200 || facts.status > 999 || facts.status === 204 || facts.status === 304
  return unusual
    ? withRaw(answer, [headBytes(answer, [`content-length: ${bodyBytes(answer).length}`, 'connection: close']), bodyBytes(answer)])
    : answer
}

function told(status: number, body: string): Reply {
  const type = /^\s*[[{"]/u.test(body) ? 'application/json' : 'text/plain'
  return type === 'application/json'
    ? { ...jsonReply(status, null), body: { kind: 'bytes', bytes: Buffer.from(body) } }
    : bytesReply(status, type, Buffer.from(body))
}

/** `250ms` becomes OpenAI's `retry-after-ms`; all else stands as told, sense or nonsense. */
function retryHeaders({ retryAfter, after = 0 }: FaultParameters, now: number): Readonly<Record<string, string>> {
  if (retryAfter === undefined) return {}
  if (retryAfter === 'date') return { 'retry-after': new Date(now + after).toUTCString() }
  return /^\d+ms$/u.test(retryAfter) ? { 'retry-after-ms': retryAfter.slice(0, -2) } : { 'retry-after': retryAfter }
}
