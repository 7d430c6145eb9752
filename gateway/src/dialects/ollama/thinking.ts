import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid } from '../canonical/field-checks.ts'

/** `true` is Ollama's own middle; its `max` is above OpenAI's `high`. */
const EFFORTS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [false, 'none'],
  [true, 'medium'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['max', 'xhigh'],
])

/** `think` -> `reasoning_effort`; nothing where it is not said: the model's own way. */
export function effortField({ think }: JsonObject): JsonObject {
  if (isAbsent(think)) return {}
  const effort = EFFORTS.get(think)
  if (effort === undefined) throw invalid('think', 'true, false, "low", "medium", "high" or "max"')
  return { reasoning_effort: effort }
}

/** A client that has switched thinking off gets none, though a model that can't but think sends some. */
export function hidesThinking({ think }: JsonObject): boolean {
  return think === false
}
