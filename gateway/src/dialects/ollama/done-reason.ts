/** With these a backend says that it failed to go on (backends.md 21.1). */
const FAILED: ReadonlySet<unknown> = new Set(['error', 'abort', 'insufficient_system_resource', 'network_error'])

/**
 * A choice's finish reason → `done_reason`. Ollama knows two ends: `stop` is said after tool calls too, and of an
 * answer that was filtered. Undefined where the backend failed.
 */
export function toDoneReason(finishReason: string): 'stop' | 'length' | undefined {
  if (FAILED.has(finishReason)) return undefined
  return finishReason === 'length' ? 'length' : 'stop'
}
