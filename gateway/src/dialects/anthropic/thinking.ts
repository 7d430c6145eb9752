import type { JsonObject } from '../../lib/json.ts'
import { invalid, optionalObject, optionalString } from '../canonical/field-checks.ts'

/**
 * Stands where Anthropic signs a thinking block: clients throw blocks without a signature away. Means nothing to
 * Anthropic, which refuses it: a block that bears it must not be sent there.
 */
export const PLACEHOLDER_SIGNATURE = 'amFpcm91dGVy'

/**
 * Budgets in tokens from which an effort begins; between those by which Google's OpenAI layer turns efforts into
 * budgets (1,024, 8,192, 24,576), so that an effort survives the way there and back.
 */
const MEDIUM_FROM_TOKENS = 4_096
const HIGH_FROM_TOKENS = 16_384

/**
 * `thinking` and `output_config.effort` -> `reasoning_effort`; undefined: the model's own way. An effort that is said
 * outweighs a budget, and thinking that is switched off outweighs both.
 */
export function reasoningEffort(fields: JsonObject): string | undefined {
  const effort = optionalString(optionalObject(fields['output_config'], 'output_config')?.['effort'], 'output_config.effort')
  const thinking = optionalObject(fields['thinking'], 'thinking')
  if (thinking?.['type'] === 'disabled') return 'none'
  if (thinking?.['type'] !== 'enabled') return effort
  const budget = thinking['budget_tokens']
  if (typeof budget !== 'number' || budget < 1) throw invalid('thinking.budget_tokens', 'a number of tokens from 1 up')
  if (effort !== undefined) return effort
  if (budget < MEDIUM_FROM_TOKENS) return 'low'
  return budget < HIGH_FROM_TOKENS ? 'medium' : 'high'
}

/**
 * What of a model's thinking the client gets: all of it · `omitted`: blocks without their text, as it asked ·
 * `none`: it has switched thinking off, and may not expect such blocks though a model that can't but think sends them.
 */
export type ThinkingView = 'shown' | 'omitted' | 'none'

export function thinkingView(fields: JsonObject): ThinkingView {
  const thinking = optionalObject(fields['thinking'], 'thinking')
  if (thinking?.['type'] === 'disabled') return 'none'
  return thinking?.['display'] === 'omitted' ? 'omitted' : 'shown'
}
