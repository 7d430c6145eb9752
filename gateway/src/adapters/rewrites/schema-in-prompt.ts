import { isObject, type JsonObject } from '../../lib/json.ts'

/** The client wants an answer of a given shape. */
export function asksForSchema({ response_format: format }: JsonObject): boolean {
  return isObject(format) && format['type'] === 'json_schema'
}

/**
 * For backends that know `json_object` alone (backends.md 21.5): the schema goes to the end of the system message, or into
 * one of its own before all others. Returns the fields that change.
 */
export function withSchemaInPrompt({ response_format: format }: JsonObject, messages: readonly unknown[]): JsonObject {
  const { json_schema: asked } = isObject(format) ? format : {}
  const prompt = isObject(asked) ? promptOf(asked) : 'Answer with one JSON object and nothing else.'
  const [first, ...others] = messages
  const withPrompt = isObject(first) ? appended(first, prompt) : undefined
  return {
    response_format: { type: 'json_object' },
    messages: withPrompt === undefined ? [{ role: 'system', content: prompt }, ...messages] : [withPrompt, ...others],
  }
}

/** The word JSON has to be there: DeepSeek refuses `json_object` without it. */
function promptOf({ name, description, schema }: JsonObject): string {
  const called = typeof name === 'string' && name !== '' ? ` It is called ${JSON.stringify(name)}.` : ''
  const about = typeof description === 'string' && description !== '' ? ` ${description}` : ''
  return `Answer with one JSON object and nothing else.${called}${about} It must be valid against this JSON Schema:\n${JSON.stringify(schema ?? {})}`
}

/** Undefined where the message is no system message that can be added to. */
function appended(message: JsonObject, prompt: string): JsonObject | undefined {
  const { role, content } = message
  if (role !== 'system' && role !== 'developer') return undefined
  if (typeof content === 'string') return { ...message, content: content === '' ? prompt : `${content}\n\n${prompt}` }
  return Array.isArray(content) ? { ...message, content: [...(content as readonly unknown[]), { type: 'text', text: prompt }] } : undefined
}
