import { finishOf } from '../canonical/finish-reason.ts'

/**
 * A choice's finish reason -> `done_reason`. Ollama knows two ends: `stop` is said after tool calls too, and of an
 * answer that was filtered. Undefined where the backend failed.
 */
export function toDoneReason(finishReason: string): 'stop' | 'length' | undefined {
  const finish = finishOf(finishReason)
  if (finish === 'failed') return undefined
  return finish === 'length' ? 'length' : 'stop'
}
