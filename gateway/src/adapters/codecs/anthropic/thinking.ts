import { isObject, type JsonObject } from '../../../lib/json.ts'
import { readEffort, type Effort } from '../canonical/reasoning-effort.ts'
import { CodecRefusal } from '../codec.ts'
import type { ModelAbilities } from './model-abilities.ts'

export interface ThinkingPlan {
  /** Undefined: the field is left out, and the model's own default holds. */
  readonly thinking: JsonObject | undefined
  readonly effort: string | undefined
}

export interface ThinkingWishes {
  readonly fields: JsonObject
  readonly abilities: ModelAbilities
  readonly maxTokens: number
  /** A tool must be called. */
  readonly forced: boolean
  /** `isToolLoopWithoutThinking` */
  readonly loopWithoutThinking: boolean
}

/** Part of `max_tokens` that may go into thinking: both count against that one limit, and an answer has to fit as well. */
const SHARE_OF_TOKENS = { minimal: 0.1, low: 0.2, medium: 0.5, high: 0.8, xhigh: 0.95, max: 0.95 } as const satisfies Readonly<
  Record<Effort, number>
>

const MINIMUM_BUDGET = 1024
/** Beyond it Anthropic advises to use batches: connections would be open for too long. */
const MAXIMUM_BUDGET = 32_000

/**
 * `reasoning_effort` as thinking. Anthropic's own `thinking` goes as it is and stands above it. Thinking is left out,
 * rather than the request refused, where a budget doesn't fit: below 1,025 `max_tokens`, in a tool loop whose calls came
 * without thinking; and where a forced tool call rules it out. A model that can't stop thinking gets the effort `low` for `none`.
 */
export function planThinking(wishes: ThinkingWishes): ThinkingPlan {
  const { fields, abilities } = wishes
  const own = isObject(fields['thinking']) ? fields['thinking'] : undefined
  const wanted = readEffort(fields)
  if (wanted === undefined) return { thinking: own, effort: undefined }
  if (wanted === 'none') return own === undefined ? withoutThinking(abilities) : { thinking: own, effort: undefined }
  switch (abilities.thinking) {
    case 'none':
      throw new CodecRefusal('reasoning_effort', 'This model can’t think: leave the field out')
    case 'budget':
      return { thinking: own ?? budgetThinking(wanted, wishes), effort: undefined }
    case 'adaptive':
      return { thinking: own ?? adaptiveThinking(wishes), effort: adaptiveEffort(wanted, abilities) }
  }
}

/** Whether this setting makes the model think, as far as the request says. */
export function isThinkingOn(thinking: JsonObject | undefined): boolean {
  return thinking?.['type'] === 'enabled' || thinking?.['type'] === 'adaptive'
}

function withoutThinking(abilities: ModelAbilities): ThinkingPlan {
  if (abilities.thinking === 'none') return { thinking: undefined, effort: undefined }
  if (abilities.thinkingOff === 'never') return { thinking: undefined, effort: 'low' }
  return { thinking: { type: abilities.thinkingOff }, effort: undefined }
}

function budgetThinking(effort: Effort, { maxTokens, forced, loopWithoutThinking }: ThinkingWishes): JsonObject | undefined {
  if (forced || loopWithoutThinking || maxTokens <= MINIMUM_BUDGET) return undefined
  const share = Math.floor(maxTokens * SHARE_OF_TOKENS[effort])
  // Below max_tokens, as it must be: the shares are, and so is the minimum here.
  const budget = Math.min(Math.max(share, MINIMUM_BUDGET), MAXIMUM_BUDGET)
  return { type: 'enabled', budget_tokens: budget }
}

/** Newer models keep the text of their thinking to themselves unless it is asked for. */
function adaptiveThinking({ forced }: ThinkingWishes): JsonObject | undefined {
  return forced ? undefined : { type: 'adaptive', display: 'summarized' }
}

function adaptiveEffort(effort: Effort, abilities: ModelAbilities): string {
  if (effort === 'minimal') return 'low'
  return effort === 'xhigh' && !abilities.xhighEffort ? 'max' : effort
}
