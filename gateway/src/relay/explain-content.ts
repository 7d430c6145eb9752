import type { HeldRule } from '@jairouter/contract/management/explain'
import { Findings } from '../content/findings.ts'
import type { ContentRule } from '../content/rule.ts'
import type { Call } from '../endpoints/call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isBlocked, notForSessions } from './content-blocked.ts'
import { knownTexts, setsFor } from './content-guard.ts'
import { guardedCall } from './guarded-call.ts'

/** A request, and what content rules say to it. */
export interface HeldCall {
  readonly shown: HeldRule[]
  /** As it would go on. */
  readonly call: Call
  readonly refusal: GatewayError | undefined
}

/** Applies the rules to the request as it is done to real ones: counts, never texts. */
export async function holdRules(call: Call, rules: readonly ContentRule[] | undefined, model: string): Promise<HeldCall> {
  if (rules === undefined) return { shown: [], call, refusal: undefined }
  if (call.endpoint.id === 'realtime') return { shown: shownRules(rules, undefined), call, refusal: notForSessions(model) }
  const set = setsFor(rules).request
  if (set === undefined || call.kind === 'upload') return { shown: shownRules(rules, undefined), call, refusal: undefined }
  const findings = new Findings()
  const known = await knownTexts(call, set, () => undefined)
  try {
    const held = guardedCall(call, known === undefined ? set : { ...set, known }, findings)
    return { shown: shownRules(rules, findings), call: held, refusal: undefined }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    // What came as tokens was not looked through.
    return { shown: shownRules(rules, isBlocked(error) ? findings : undefined), call, refusal: error }
  }
}

function shownRules(rules: readonly ContentRule[], findings: Findings | undefined): HeldRule[] {
  return rules.map((rule) => {
    const known = findings !== undefined && rule.on.includes('request')
    return { rule: rule.name, action: rule.action, on: [...rule.on], matches: known ? (findings.counts.get(rule) ?? 0) : null }
  })
}
