import { isObject, type JsonObject } from '../../lib/json.ts'

/** Moonshot's documented form has the counts in the first choice (backends.md 19.4), where no client looks. */
export function withUsageAtTop(answer: JsonObject): JsonObject {
  const choice: unknown = Array.isArray(answer['choices']) ? answer['choices'][0] : undefined
  if (isObject(answer['usage']) || !isObject(choice) || !isObject(choice['usage'])) return answer
  return { ...answer, usage: choice['usage'] }
}
