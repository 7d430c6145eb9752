import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { numberField, wrongField } from './field-checks.ts'

/** The limit of an answer's tokens, by its newer name before its older one. */
export function maximumTokens(fields: JsonObject): number | undefined {
  return numberField(fields, 'max_completion_tokens') ?? numberField(fields, 'max_tokens')
}

/** The texts at which to stop; empty where there are none. A single one may stand for a list. */
export function stopTexts({ stop }: JsonObject): readonly string[] {
  if (isAbsent(stop)) return []
  const texts: readonly unknown[] = Array.isArray(stop) ? stop : [stop]
  if (!texts.every((text) => typeof text === 'string')) throw wrongField('stop', 'a string or an array of strings')
  return texts
}
