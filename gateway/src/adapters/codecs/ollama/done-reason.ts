import type { UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'
import type { JsonObject } from '../../../lib/json.ts'

/** Said of an answer whose last line gives no reason: Ollama lost the process that generated it. */
export const BROKEN_OFF: UpstreamErrorBody = {
  message: 'The model server broke off its answer',
  type: undefined,
  param: undefined,
  code: undefined,
}

/** Undefined where the answer was broken off: an empty reason is left out of the line. */
export function doneReasonOf({ done_reason: reason }: JsonObject): string | undefined {
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}

/** Ollama says `stop` after tool calls too; `load`, `unload` and unknown reasons end an answer as any other. */
export function toFinishReason(reason: string, called: boolean): 'stop' | 'length' | 'tool_calls' {
  if (reason === 'length') return 'length'
  return called ? 'tool_calls' : 'stop'
}
