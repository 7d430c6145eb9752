import type { Fault } from '../../src/simulator/faults/fault.ts'

/**
 * What a client must see of a fault.
 * `answered`: the whole right answer, from the faulty backend itself · `refused`: nothing of an answer had come, so that
 * another backend is asked; without one, this status and code · `broken`: the answer had begun, so that it ends in an
 * error event · `bounded`: nothing says whether it can be served, but it is whole and well-formed or a 502.
 */
export type Outcome =
  | { readonly kind: 'answered' }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly code: RegExp
      /** The backend's own words; a fixed text otherwise. */
      readonly message?: string
      readonly retryAfter?: true
      /** A verdict on the request: no other backend is asked. */
      readonly final?: true
    }
  | { readonly kind: 'broken'; readonly code: 'stream_interrupted' | 'upstream_timeout' }
  | { readonly kind: 'bounded' }

export interface FaultRow {
  readonly fault: Fault
  readonly plain: Outcome
  readonly stream: Outcome
  /** Only a time limit ends it. */
  readonly silent?: true
}

const answered: Outcome = { kind: 'answered' }
const bounded: Outcome = { kind: 'bounded' }
const broken: Outcome = { kind: 'broken', code: 'stream_interrupted' }
const stalled: Outcome = { kind: 'broken', code: 'upstream_timeout' }
const failed: Outcome = { kind: 'refused', status: 502, code: /^upstream_(protocol_)?error$/ }
const nonsense: Outcome = { kind: 'refused', status: 502, code: /^upstream_protocol_error$/ }
const timedOut: Outcome = { kind: 'refused', status: 504, code: /^upstream_timeout$/ }
const overloaded: Outcome = { kind: 'refused', status: 503, code: /^overloaded$/, retryAfter: true }

const both = (outcome: Outcome, ...faults: readonly Fault[]): FaultRow[] =>
  faults.map((fault) => ({ fault, plain: outcome, stream: outcome }))
const apart = (plain: Outcome, stream: Outcome, ...faults: readonly Fault[]): FaultRow[] =>
  faults.map((fault) => ({ fault, plain, stream }))
const silent = (plain: Outcome, stream: Outcome, ...faults: readonly Fault[]): FaultRow[] =>
  faults.map((fault) => ({ fault, plain, stream, silent: true }))
const verdict = (message: string, code: RegExp, fault: Fault): FaultRow[] =>
  both({ kind: 'refused', status: 400, code, message, final: true }, fault)
const elsewhere = (message: string, code: RegExp, fault: Fault): FaultRow[] =>
  both({ kind: 'refused', status: 429, code, message, retryAfter: true }, fault)

/** U1, U3 to U8: the connection, the head, cuts. */
const CONNECTION: readonly FaultRow[] = [
  ...both(failed, { name: 'reset-on-accept' }, { name: 'close-on-accept' }, { name: 'reset-before-headers' }),
  ...both(failed, { name: 'close-before-headers' }, { name: 'half-headers' }, { name: 'half-headers', end: 'fin' }),
  ...both(failed, { name: 'half-status-line', end: 'fin' }, { name: 'half-status-line', end: 'reset' }),
  ...both(failed, { name: 'headers-only', end: 'fin' }, { name: 'headers-only', end: 'reset' }),
  ...silent(timedOut, timedOut, { name: 'hang' }, { name: 'half-status-line' }, { name: 'headers-only' }, { name: 'slow-headers' }),
  ...silent(timedOut, timedOut, { name: 'slow-body' }),
  ...silent(timedOut, stalled, { name: 'stall' }, { name: 'stall-with-comments', after: 20 }),
  ...both(answered, { name: 'slow', after: 20 }, { name: 'keep-alive-race' }, { name: 'slow-events', after: 5 }),
  ...both(answered, { name: 'slow-first-event', after: 20 }),
  ...both(answered, { name: 'close-delimited' }),
  ...apart(failed, answered, { name: 'missing-last-chunk' }, { name: 'missing-last-chunk', end: 'reset' }),
  ...apart(
    failed,
    broken,
    { name: 'short-body' },
    { name: 'short-body', end: 'reset' },
    { name: 'cut-chunk' },
    { name: 'reset-mid-stream' },
  ),
  ...apart(failed, broken, { name: 'fin-mid-stream' }, { name: 'close-delimited-cut' }, { name: 'cut-chunk', end: 'reset' }),
  ...both(failed, { name: 'short-body', at: 0 }, { name: 'cut-chunk', at: 0 }, { name: 'reset-mid-stream', at: 0 }),
  // The first event of a stream only says who speaks: nobody was told anything yet.
  ...both(failed, { name: 'fin-mid-stream', at: 0 }, { name: 'fin-mid-stream', at: 1 }, { name: 'close-delimited-cut', at: 0 }),
  // Its last event lacks the line end: what came before that is content, and no end.
  ...apart(failed, broken, { name: 'fin-mid-stream', at: 2 }, { name: 'reset-mid-stream', at: 6 }, { name: 'close-delimited-cut', at: 6 }),
]

/** U6, U9: how streams end and how they are framed. */
const FRAMING: readonly FaultRow[] = [
  ...both(answered, { name: 'no-done' }, { name: 'no-finish-reason' }, { name: 'done-with-spaces' }, { name: 'events-after-done' }),
  ...both(answered, { name: 'no-final-blank' }, { name: 'crlf' }, { name: 'cr' }, { name: 'no-space' }, { name: 'multi-line-data' }),
  ...both(answered, { name: 'comments' }, { name: 'stray-fields' }, { name: 'stream-bom' }, { name: 'split-bytes' }, { name: 'split' }),
  ...both(answered, { name: 'one-write' }, { name: 'bom' }, { name: 'leading-blanks' }, { name: 'json-for-stream' }),
  ...apart(answered, broken, { name: 'no-finish' }),
]

/** U9 to U13: what comes is not HTTP, not JSON, not plain, or without an end. */
const GARBAGE: readonly FaultRow[] = [
  ...both(nonsense, { name: 'garbage' }, { name: 'http-0.9' }, { name: 'html' }, { name: 'empty-body' }, { name: 'broken-json', at: 0 }),
  ...apart(nonsense, broken, { name: 'broken-json' }),
  ...both(bounded, { name: 'invalid-utf8' }, { name: 'wrong-content-type' }),
  ...both(
    nonsense,
    { name: 'huge-headers' },
    { name: 'many-headers' },
    { name: 'duplicate-content-length' },
    { name: 'bad-content-length' },
  ),
  ...both(nonsense, { name: 'length-and-chunked' }, { name: 'bad-chunk-size' }, { name: 'bare-cr' }, { name: 'informational-flood' }),
  ...both(nonsense, { name: 'switching-protocols' }, { name: 'odd-status' }, { name: 'odd-status', status: 999 }),
  ...both(nonsense, { name: 'odd-status', status: 600 }, { name: 'no-content-with-body' }),
  ...both(answered, { name: 'poison' }),
  ...both(nonsense, { name: 'gzip' }, { name: 'gzip-label' }, { name: 'truncated-gzip' }, { name: 'truncated-gzip', end: 'fin' }),
  ...both(nonsense, { name: 'gzip-bomb' }, { name: 'gzip-chain' }),
  ...both(nonsense, { name: 'huge-json' }, { name: 'huge-event' }, { name: 'endless-event' }, { name: 'endless-lines' }),
  ...apart(nonsense, broken, { name: 'endless-stream', bytes: 2_000_000 }),
]

/** U14, U17, U19: refusals in the status and within a 200. */
const REFUSALS: readonly FaultRow[] = [
  ...both(failed, { name: 'status' }, { name: 'status', status: 502 }, { name: 'unauthorized' }),
  ...both(failed, { name: 'status', status: 401 }, { name: 'status', status: 403 }, { name: 'payment-required' }, { name: 'redirect' }),
  ...both(failed, { name: 'redirect', status: 301 }, { name: 'redirect', status: 307 }, { name: 'redirect', status: 308 }),
  ...both(timedOut, { name: 'status', status: 504 }),
  // Not a failure of the server but what it was not started for: the client should read that.
  ...both({ kind: 'refused', status: 501, code: /^$/, message: 'The simulated server answers with 501' }, { name: 'status', status: 501 }),
  ...both(overloaded, { name: 'loading' }, { name: 'overloaded' }, { name: 'status', status: 529 }, { name: 'loading', retryAfter: '30' }),
  ...elsewhere('Rate limit reached', /^rate_limit_exceeded$/, { name: 'rate-limited' }),
  ...elsewhere('You exceeded your current quota', /^insufficient_quota$/, { name: 'quota' }),
  ...verdict("This model's maximum context length is 4096 tokens", /^context_length_exceeded$/, { name: 'context-length' }),
  ...verdict('The response was filtered', /^content_filter$/, { name: 'content-filter' }),
  ...both(
    failed,
    { name: 'error-first-event' },
    { name: 'error-first-event', shape: 'string' },
    { name: 'error-in-200' },
    { name: 'base-resp' },
  ),
  ...both(failed, { name: 'error-in-200', shape: 'string' }, { name: 'error-field', at: 0 }, { name: 'error-then-done', at: 0 }),
  ...apart(failed, broken, { name: 'error-mid-stream' }, { name: 'error-mid-stream', shape: 'string' }, { name: 'error-then-done' }),
  ...apart(failed, broken, { name: 'error-field' }, { name: 'error-mid-stream', shape: 'number' }),
]

/** Answers that are right, if unusual. */
const VARIANTS: readonly FaultRow[] = [
  ...both(answered, { name: 'usage-every-chunk' }, { name: 'usage-on-finish' }, { name: 'usage-in-choice' }, { name: 'usage-uninvited' }),
  ...both(answered, { name: 'no-prefill' }),
  ...both(answered, { name: 'no-usage' }, { name: 'empty-choices-first' }, { name: 'reasoning' }),
  ...both(answered, { name: 'embeddings-float' }, { name: 'rerank-bare' }, { name: 'rerank-string-documents' }),
  ...both(answered, { name: 'rerank-unsorted' }, { name: 'rerank-no-documents' }, { name: 'transcription-as-json' }),
  // A reranker's answer to whoever does not speak to it as to one: a verdict on the request.
  ...both(
    { kind: 'refused', status: 422, code: /^$/, message: 'Failed to deserialize the JSON body: missing field `texts`', final: true },
    { name: 'rerank-texts' },
  ),
]

export const FAULT_ROWS: readonly FaultRow[] = [...CONNECTION, ...FRAMING, ...GARBAGE, ...REFUSALS, ...VARIANTS]

/** `reset-mid-stream at=0`, for the names of tests. */
export function describeFault({ name, ...parameters }: Fault): string {
  return [name, ...Object.entries(parameters).map(([key, value]) => `${key}=${String(value)}`)].join(' ')
}
