import { isObject, type JsonObject } from '../../../lib/json.ts'

/** How a message ended, as Anthropic tells it. */
export interface Stop {
  readonly reason: string
  /** The stop sequence that was hit. */
  readonly sequence: unknown
  /** Why the model refused, where it says so. */
  readonly details: unknown
}

const FINISH: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
])
const REFUSAL = 'The model declined to answer.'

/** The fields of a `message` or a last `delta` that tell of the end; undefined while there is none. */
export function readStop(holder: JsonObject): Stop | undefined {
  const reason = holder['stop_reason']
  if (typeof reason !== 'string') return undefined
  return { reason, sequence: holder['stop_sequence'], details: holder['stop_details'] }
}

/**
 * Ends that mean more than "done" win over calls of tools, whose arguments may then be cut; a call wins over every other
 * end, whatever the backend calls it. `tool_use` without a call (the answer came in a tool of ours) and unknown reasons are `stop`.
 */
export function finishReasonOf(stop: Stop, calledTool: boolean): string {
  return FINISH.get(stop.reason) ?? (calledTool ? 'tool_calls' : 'stop')
}

/** OpenAI has a text beside the finish reason; null when nothing was refused. */
export function refusalOf(stop: Stop): string | null {
  if (stop.reason !== 'refusal') return null
  const explanation = isObject(stop.details) ? stop.details['explanation'] : undefined
  return typeof explanation === 'string' && explanation !== '' ? explanation : REFUSAL
}

/** Which stop text was hit goes where vLLM tells it: `stop_reason` of the choice. */
export function stopSequenceOf(stop: Stop): JsonObject {
  return stop.reason === 'stop_sequence' && typeof stop.sequence === 'string' ? { stop_reason: stop.sequence } : {}
}
