import type { UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['TOOL_CALL', 'tool_calls'],
])

/** A reason that is not known yet is a `stop`; with tool calls in the answer, a stop is their end (backends.md 21.1). */
export function toFinishReason(reason: string, hasToolCalls: boolean): string {
  const known = REASONS.get(reason) ?? 'stop'
  return known === 'stop' && hasToolCalls ? 'tool_calls' : known
}

/** What went wrong, where the model says that it did not finish. `said`: the message-end event's own text of it. */
export function failureOf(reason: unknown, said: unknown): UpstreamErrorBody | undefined {
  const failed = reason === 'ERROR' || reason === 'TIMEOUT'
  const message = typeof said === 'string' && said !== '' ? said : undefined
  if (!failed && message === undefined) return undefined
  const text = message ?? (reason === 'TIMEOUT' ? 'The model took too long to answer' : 'The model failed while it answered')
  return { message: text, type: undefined, param: undefined, code: typeof reason === 'string' ? reason : undefined }
}
