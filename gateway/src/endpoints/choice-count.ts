import { isObject, type JsonObject } from '../lib/json.ts'
import type { Endpoint } from './endpoint.ts'

/** How many choices a completion request is to be answered with: `n` for each prompt. */
export function choicesAsked(endpoint: Endpoint, { n, prompt }: JsonObject): number {
  const each = typeof n === 'number' && Number.isInteger(n) && n > 0 ? n : 1
  return each * (endpoint.id === 'completion' ? promptCount(prompt) : 1)
}

/** A list of numbers is one prompt, given in tokens. */
function promptCount(prompt: unknown): number {
  return Array.isArray(prompt) && prompt.some((entry) => typeof entry !== 'number') ? prompt.length : 1
}

/** Whether the client wants the closing chunk with the token counts (`stream_options.include_usage`). */
export function usageAsked({ stream_options: options }: JsonObject): boolean {
  return isObject(options) && options['include_usage'] === true
}
