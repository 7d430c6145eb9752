import type { AttemptSpan } from '../telemetry/request-record.ts'

/** The backend's spans are below that of the call, in place of the client's. */
export function carryTrace(headers: Record<string, string>, { headers: carried }: AttemptSpan): void {
  for (const name of ['traceparent', 'tracestate'] as const) {
    const value = carried[name]
    if (value === undefined) delete headers[name]
    else headers[name] = value
  }
}
