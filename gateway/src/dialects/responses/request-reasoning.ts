import type { JsonObject } from '../../lib/json.ts'
import { optionalObject, optionalString } from '../canonical/field-checks.ts'

export interface ReasoningSettings {
  readonly effort: string | undefined
  /** By its older name too. */
  readonly summary: string | undefined
}

/** `context` and `mode` steer OpenAI's own servers and go nowhere. */
export function reasoningSettings(fields: JsonObject): ReasoningSettings {
  const reasoning = optionalObject(fields['reasoning'], 'reasoning') ?? {}
  return {
    effort: optionalString(reasoning['effort'], 'reasoning.effort'),
    summary:
      optionalString(reasoning['summary'], 'reasoning.summary') ??
      optionalString(reasoning['generate_summary'], 'reasoning.generate_summary'),
  }
}

/**
 * Where a reasoning item holds its text. Models here tell their reasoning itself: as `content`, the place for it, unless
 * the client asked for a summary and will look for it there.
 */
export function reasoningPlace(fields: JsonObject): 'summary' | 'content' {
  return reasoningSettings(fields).summary === undefined ? 'content' : 'summary'
}
