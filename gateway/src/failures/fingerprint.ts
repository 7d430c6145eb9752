import { createHash } from 'node:crypto'
import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { ErrorClass } from '@jairouter/contract/management/series-names'
import type { StoredRow } from '../history/history-row.ts'
import { describeChain } from '../telemetry/describe-error.ts'
import { errorClassOf } from '../telemetry/rate-ring.ts'
import type { AttemptRecord, RequestRecord } from '../telemetry/request-record.ts'

const LONGEST_MESSAGE = 200
const ID_DIGITS = 16

/** What failures have in common that are told together. */
export interface FailureShape {
  readonly service: string
  /** '' where there is no such model. */
  readonly model: string
  /** The one that was asked last; '' where none was. */
  readonly backend: string
  readonly status: number
  readonly code: string
  /** Without what differs from one to the next. */
  readonly message: string
  /** Of a call whose request was answered after all. */
  readonly hidden: boolean
}

export type FailureClass = Exclude<ErrorClass, 'left'>

/** Pure. Sixteen hex digits, the same for the same shape, now and after a restart. */
export function fingerprintOf({ service, model, backend, status, code, message, hidden }: FailureShape): string {
  return createHash('sha256')
    .update(JSON.stringify([service, model, backend, status, code, message, hidden]))
    .digest('hex')
    .slice(0, ID_DIGITS)
}

/** Whose fault it is, as the rates of the overview have it. */
export function classOfFailure({ status, code }: Pick<FailureShape, 'status' | 'code'>): FailureClass {
  const found = errorClassOf({ status, code: code === '' ? undefined : code })
  return found === undefined || found === 'left' ? 'upstream' : found
}

/** Undefined of a request that was answered, or whose client left. */
export function shapeOfRequest(record: RequestRecord): FailureShape | undefined {
  const failure = errorClassOf(record)
  if (failure === undefined || failure === 'left') return undefined
  return {
    service: SERVICE_OF_ENDPOINT[record.endpoint],
    model: record.model ?? '',
    backend: record.attempts.at(-1)?.backend ?? '',
    status: record.status,
    code: record.code ?? '',
    message: normalMessage(record.cause === undefined ? '' : describeChain(record.cause)),
    hidden: false,
  }
}

/** The same, read from the history. */
export function shapeOfRow({ service, model, backend, status, code, error }: StoredRow): FailureShape | undefined {
  const failure = errorClassOf({ status, code: code === '' ? undefined : code })
  if (failure === undefined || failure === 'left') return undefined
  return { service, model, backend, status, code, message: normalMessage(error), hidden: false }
}

/** Whoever lost a race or was left says nothing of its backend. */
const NO_FAILURE: ReadonlySet<string> = new Set(['ok', 'hedge_lost', 'client_closed', 'aborted_by_operator'])

/** Calls that failed for a request that was answered all the same: nobody would know of them. */
export function hiddenShapes({ endpoint, model = '', attempts }: Pick<RequestRecord, 'endpoint' | 'model' | 'attempts'>): FailureShape[] {
  return attempts
    .filter(({ outcome }) => !NO_FAILURE.has(outcome))
    .map(({ backend, status = 0, code, outcome }: AttemptRecord) => ({
      service: SERVICE_OF_ENDPOINT[endpoint],
      model,
      backend,
      status,
      code: code ?? outcome,
      message: '',
      hidden: true,
    }))
}

/** In this order: what is found first is not looked at again. */
const DIFFERENCES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // What is quoted may be anybody's text.
  [/"[^"]{0,2000}"?|`[^`]{0,2000}`?|'[^'\n]{2,2000}'/g, '…'],
  [/\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s,;)]{1,2000}/gi, '<url>'],
  [/(?<![\w.+-])[\w.+-]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,100}){1,5}/g, '<mail>'],
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi, '<id>'],
  [/(?<![\w:])\[?(?:[\da-f]{1,4})?(?::[\da-f]{0,4}){2,7}\]?(?::\d{1,5})?/gi, '<host>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<host>'],
  [/\b(?:localhost|(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.){1,8}[a-z]{2,24})(?::\d{1,5})?\b/gi, '<host>'],
  // Ids of requests, calls, objects: letters and digits mixed.
  [/\b(?=[\w-]{0,80}\d)(?=[\w-]{0,80}[a-z])[\w-]{10,200}\b/gi, '<id>'],
  [/\b(?=[a-f]{0,80}\d)(?=\d{0,80}[a-f])[\da-f]{8,200}\b/gi, '<id>'],
  [/\d+(?:[.,]\d+)*/g, '#'],
  [/\s+/g, ' '],
]

/** Of a message: what is behind that says no more of its kind. */
const LOOKED_AT = 300
const MOST_KNOWN = 200
/** A backend that fails says the same again and again: to take it apart costs more than all else that a failure does. */
const known = new Map<string, string>()

/** A message without digits, ids, hosts and quoted texts. Whoever described the error has taken out what looks like a key. */
export function normalMessage(message: string): string {
  const text = message.slice(0, LOOKED_AT)
  const before = known.get(text)
  if (before !== undefined) return before
  const normal = DIFFERENCES.reduce((result, [pattern, instead]) => result.replace(pattern, instead), text)
  const cut = normal.trim().slice(0, LONGEST_MESSAGE).toWellFormed()
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(text, cut)
  return cut
}
