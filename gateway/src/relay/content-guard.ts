import { setImmediate as othersTurn } from 'node:timers/promises'
import type { ContentSide } from '@jairouter/contract/content-rules'
import type { KeyRecord, Route } from '../config/snapshot.ts'
import { Findings } from '../content/findings.ts'
import type { ContentRule } from '../content/rule.ts'
import { textsIn } from '../content/json-texts.ts'
import { PIECE, readAhead, workOf } from '../content/read-ahead.ts'
import { ruleSetOf, type KnownTexts, type RuleSet } from '../content/rule-set.ts'
import type { Call } from '../endpoints/call.ts'
import type { ContentHit, RequestRecord } from '../telemetry/request-record.ts'
import { GuardedClient } from './guarded-client.ts'
import { guardedCall } from './guarded-call.ts'
import { failureOf } from './failure.ts'
import type { RelayInput } from './relay.ts'

/** The rules that hold for one request, and what they have found in it and in its answer. */
export interface ContentGuard {
  readonly rules: readonly ContentRule[]
  readonly request: Findings
  readonly answer: Findings
}

type Sets = Readonly<Record<ContentSide, RuleSet | undefined>>

const setsOf = new WeakMap<readonly ContentRule[], Sets>()
/** Of a route and a key together. */
const joinedRules = new WeakMap<readonly ContentRule[], WeakMap<readonly ContentRule[], readonly ContentRule[]>>()

/** Undefined where no rule holds for requests of that key to that route. */
export function rulesFor(route: Route, key: KeyRecord | undefined): readonly ContentRule[] | undefined {
  const own = route.policy.content
  const more = key?.content
  if (own === undefined || more === undefined) return own ?? more
  const known = joinedRules.get(own)?.get(more)
  if (known !== undefined) return known
  const joined = [...new Set([...own, ...more])]
  const byKey = joinedRules.get(own) ?? new WeakMap<readonly ContentRule[], readonly ContentRule[]>()
  joinedRules.set(own, byKey.set(more, joined))
  return joined
}

/** The rules of a route that a request goes on to, beside those that hold for it already. */
export function furtherRules(route: Route, guard: ContentGuard | undefined): readonly ContentRule[] | undefined {
  const own = route.policy.content
  if (own === undefined || guard === undefined) return own
  const further = own.filter((rule) => !guard.rules.includes(rule))
  return further.length === 0 ? undefined : further
}

/**
 * The request as these rules let it through, and the client as they let it be answered. What they find is in the
 * record once `noteFindings` was called. Throws `content_blocked`.
 */
function withRules(input: RelayInput, rules: readonly ContentRule[], known?: KnownTexts): RelayInput & { readonly content: ContentGuard } {
  const sets = setsFor(rules)
  const earlier = input.content
  const content: ContentGuard = {
    rules: earlier === undefined ? rules : [...earlier.rules, ...rules],
    request: earlier?.request ?? new Findings(),
    answer: earlier?.answer ?? new Findings(),
  }
  const client =
    sets.answer === undefined
      ? input.client
      : new GuardedClient(input.client, { call: input.call, rules: sets.answer, findings: content.answer, record: input.record })
  try {
    const request = sets.request === undefined || known === undefined ? sets.request : { ...sets.request, known }
    const call = request === undefined ? input.call : guardedCall(input.call, request, content.request)
    return { ...input, call, client, content }
  } finally {
    noteFindings(input.record, content)
  }
}

/** As `withRules`; a long request is looked at piece by piece, with others in between. */
export async function heldTo(input: RelayInput, rules: readonly ContentRule[]): Promise<RelayInput & { readonly content: ContentGuard }> {
  const { signal } = input.cancel
  const known = knownTexts(input.call, setsFor(rules).request, () => {
    if (signal.aborted) throw failureOf(signal.reason).error
  })
  return withRules(input, rules, known === undefined ? undefined : await known)
}

/** What the rules make of a long request; undefined for one that is looked at in no time. `goOn` throws when it is for nothing. */
export function knownTexts(call: Call, rules: RuleSet | undefined, goOn: () => void): Promise<KnownTexts> | undefined {
  if (rules === undefined || call.kind === 'upload') return undefined
  const bodies = [call.bytes, ...(call.native === undefined ? [] : [call.native.bytes])]
  if (workOf(Math.max(...bodies.map(({ length }) => length)), rules) <= PIECE) return undefined
  const texts = new Set(bodies.flatMap((bytes) => [...textsIn(bytes)]))
  return readAhead(texts, rules, async () => {
    await othersTurn()
    goOn()
  })
}

/** Built once for each list. */
export function setsFor(rules: readonly ContentRule[]): Sets {
  const known = setsOf.get(rules)
  if (known !== undefined) return known
  const sets = { request: ruleSetOf(rules, 'request'), answer: ruleSetOf(rules, 'answer') }
  setsOf.set(rules, sets)
  return sets
}

/** Puts what was found so far into the books. */
export function noteFindings(record: RequestRecord, { request, answer }: ContentGuard): void {
  const hits = [...hitsOf(request, 'request'), ...hitsOf(answer, 'answer')]
  if (hits.length > 0) record.content = hits
}

function hitsOf({ counts }: Findings, where: ContentSide): ContentHit[] {
  return [...counts].map(([{ name, action }, count]) => ({ rule: name, action, where, count }))
}
