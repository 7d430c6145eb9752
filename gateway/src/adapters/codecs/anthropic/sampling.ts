import type { JsonObject } from '../../../lib/json.ts'
import { numberField } from '../canonical/field-checks.ts'
import type { ModelAbilities } from './model-abilities.ts'

/**
 * `temperature` (OpenAI's 0..2 clamped to 0..1), `top_p` and Anthropic's own `top_k`. Left out where the model would
 * refuse them: all three on models from 4.7 on and while thinking, `top_p` beside a temperature from 4.1 on.
 */
export function encodeSampling(fields: JsonObject, abilities: ModelAbilities, thinks: boolean): JsonObject {
  const temperature = numberField(fields, 'temperature')
  const topP = numberField(fields, 'top_p')
  const topK = numberField(fields, 'top_k')
  if (thinks || abilities.sampling === 'none') return {}
  const dropsTopP = abilities.sampling === 'either' && temperature !== undefined
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(Math.max(temperature, 0), 1) }),
    ...(topP === undefined || dropsTopP ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
  }
}
