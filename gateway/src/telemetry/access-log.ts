import type { Logger } from './log.ts'
import type { RequestRecord } from './request-record.ts'

/** One line for each request to the model APIs. Never a key, a prompt or an answer: the record holds none. */
export function logAccess(log: Logger, record: RequestRecord): void {
  const { usage, attempts, cause } = record
  const last = attempts.at(-1)
  const entry = {
    id: record.id,
    endpoint: record.endpoint,
    model: record.model,
    key: record.principal,
    client: record.address,
    status: record.status,
    code: record.code,
    stream: record.stream || undefined,
    backend: last?.backend,
    upstreamModel: last?.upstreamModel,
    attempts:
      attempts.length > 1
        ? attempts.map(({ instance, outcome, status, durationMs }) => ({ instance, outcome, status, ms: round(durationMs) }))
        : attempts.length,
    ms: round(record.durationMs),
    firstByteMs: record.firstByteMs === undefined ? undefined : round(record.firstByteMs),
    overheadMs: record.overheadMs === undefined ? undefined : round(record.overheadMs),
    tokens:
      usage === undefined ? undefined : { prompt: usage.promptTokens, completion: usage.completionTokens, estimated: usage.estimated },
    cause: cause === undefined ? undefined : describe(cause),
  }
  if (record.status >= 500) log.warn(entry, 'request failed')
  else log.info(entry, 'request')
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}

/** The chain of causes as one bounded line; stacks belong to faults of our own. */
function describe(cause: unknown): string {
  const parts: string[] = []
  let current: unknown = cause
  for (let depth = 0; depth < 4 && current !== undefined; depth += 1) {
    if (!(current instanceof Error)) {
      parts.push(String(current))
      break
    }
    parts.push('code' in current && typeof current.code === 'string' ? `${current.message} (${current.code})` : current.message)
    current = current.cause
  }
  return parts.join(': ').slice(0, 1_000)
}
