import { isObject, type JsonObject } from '../../lib/json.ts'
import { reasoningOf, refusalOf, textOf } from '../canonical/answer-parts.ts'
import { hidesThinking } from './thinking.ts'

/** What a choice says, as a message: of a chat completion, of a chunk of one, or of a completion, whose choice is its own message. */
export function messageIn(choice: JsonObject): JsonObject {
  const { delta, message, text } = choice
  if (isObject(delta)) return delta
  return isObject(message) ? message : { ...choice, content: text }
}

/** A refusal is said as text: Ollama has no place for it. `fields`: the client's own. */
export function spokenIn(message: JsonObject, fields: JsonObject): { readonly text: string; readonly thinking: string } {
  return { text: textOf(message) + refusalOf(message), thinking: hidesThinking(fields) ? '' : reasoningOf(message) }
}
