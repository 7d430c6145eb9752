import { isObject, type JsonObject } from '../lib/json.ts'

/** By these backends say that they failed while generating (backends.md 21.1). */
const FAILED: ReadonlySet<unknown> = new Set(['error', 'abort', 'insufficient_system_resource', 'network_error'])

export function isFailedReason(reason: unknown): boolean {
  return FAILED.has(reason)
}

/** Some choice of a whole answer was not generated to its end. */
export function hasFailedChoice(answer: unknown): boolean {
  return choicesOf(answer).some((choice) => isFailedReason(choice['finish_reason']))
}

/**
 * What to say in place of a choice's finish reason when it has called tools: agents end early at `stop`, which several
 * servers say there. Undefined where it can stay: above all at `length`, since arguments that were cut are no call.
 */
export function reasonForTools(reason: unknown): 'tool_calls' | undefined {
  return reason === 'stop' || reason === 'function_call' ? 'tool_calls' : undefined
}

/** OpenAI itself says `stop` where a tool was asked for by name. */
export function namesTool({ tool_choice: choice }: JsonObject): boolean {
  return isObject(choice)
}

/** A whole chat answer that says of its tool calls that they are some; the same object where nothing changes. */
export function withToolReasons(answer: JsonObject): JsonObject {
  const choices = answer['choices']
  if (!Array.isArray(choices)) return answer
  const told = choices.map((choice: unknown) => {
    const reason = isObject(choice) && callsTools(choice['message']) ? reasonForTools(choice['finish_reason']) : undefined
    return reason === undefined || !isObject(choice) ? choice : { ...choice, finish_reason: reason }
  })
  return told.every((choice, index) => choice === choices[index]) ? answer : { ...answer, choices: told }
}

/** A message, or a piece of one. */
export function callsTools(message: unknown): boolean {
  return isObject(message) && Array.isArray(message['tool_calls']) && message['tool_calls'].length > 0
}

/** The choices of an answer or a chunk that are objects. */
export function choicesOf(answer: unknown): readonly JsonObject[] {
  return isObject(answer) && Array.isArray(answer['choices']) ? answer['choices'].filter(isObject) : []
}
