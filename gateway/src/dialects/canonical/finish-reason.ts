/** How a choice ended. `failed`: its backend says that it could not go on. */
export type Finish = 'stop' | 'length' | 'filtered' | 'failed'

/** A choice's finish reason (backends.md 21.1), with Mistral's, Zhipu's and DeepSeek's own; those of tool calls are stops, as unknown ones. */
export function finishOf(finishReason: string): Finish {
  return FINISHES.get(finishReason) ?? 'stop'
}

const FINISHES: ReadonlyMap<string, Finish> = new Map([
  ['length', 'length'],
  ['model_length', 'length'],
  ['content_filter', 'filtered'],
  ['sensitive', 'filtered'],
  ['error', 'failed'],
  ['abort', 'failed'],
  ['insufficient_system_resource', 'failed'],
  ['network_error', 'failed'],
])
