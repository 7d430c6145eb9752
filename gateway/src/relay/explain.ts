import type { Explanation } from '@jairouter/contract/management/explain'
import { SERVICE_OF_ENDPOINT, type Band } from '@jairouter/contract/names'
import { limitsOf } from '../config/limits-of.ts'
import type { KeyRecord, Route, Snapshot } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts'
import type { ClientError } from '../errors/openai-error.ts'
import { readCacheControl } from '../fallback/cache-control.ts'
import { hash32 } from '../lib/hash.ts'
import type { JsonObject } from '../lib/json.ts'
import { nearest } from '../lib/nearest.ts'
import { copyOnUse } from '../lib/state-table.ts'
import { admit, claimsOf } from './admission.ts'
import type { ClientPort } from './client-port.ts'
import type { BudgetPort } from '../budget/budget-port.ts'
import { rulesFor } from './content-guard.ts'
import { budgetsOf, onlyLooking } from './explain-budgets.ts'
import { holdRules } from './explain-content.ts'
import { explainPart } from './explain-experiment.ts'
import { standingOf, type Standing } from './explain-candidates.ts'
import { explainChain, type ChainAnswer } from './explain-chain.ts'
import { rewriteFor, type Rewrite } from './explain-rewrite.ts'
import { LimitStates } from './limit-states.ts'
import { noSuchEndpoint, nobody } from './no-instance.ts'
import { mustQueue } from './place-in-queue.ts'
import type { RelayPorts } from './ports.ts'
import { keepsAnswers, placeOf } from './remembered.ts'
import { resolveRoute, usableNames } from './resolve.ts'
import { waitBefore } from './retry.ts'
import { createRouteStates, type InstanceState } from './route-states.ts'
import { stickyKey } from './sticky-key.ts'

export interface ExplainInput {
  readonly call: Call
  /** The body's fields as the client wrote them, in its own dialect. */
  readonly sent: JsonObject
  readonly key: KeyRecord | undefined
  readonly snapshot: Snapshot
  readonly address: string
  readonly headers: ClientPort['headers']
  readonly band: Band
}

export type ExplainPorts = Pick<RelayPorts, 'table' | 'limits' | 'budgets' | 'answers' | 'waiting' | 'now' | 'wallClock'>

/** Rewrites are shown for as many instances. */
const MOST_REWRITES = 20

/**
 * What would become of a request now: the decisions of real requests, made on copies of all that is remembered. No backend
 * is asked, nothing is taken from a limit, no state changes.
 */
export async function explain(input: ExplainInput, ports: ExplainPorts): Promise<Explanation> {
  const { call, snapshot, key, address, headers } = input
  const base = nothingKnown(input, ports.wallClock())
  let found: Route
  try {
    found = resolveRoute(call, snapshot, key)
  } catch (error) {
    const near = nearest(call.model, usableNames(SERVICE_OF_ENDPOINT[call.endpoint.id], snapshot, key))
    return { ...base, near: near === undefined ? [] : [near], outcome: 'refused', refusal: refusalOf('route', toGatewayError(error)) }
  }
  const client = listener({ address, headers })
  const held = await holdRules(call, rulesFor(found, key), found.model)
  const part = found.experiment === undefined ? undefined : explainPart(found.experiment, { call: held.call, key, client })
  const resolved = { ...input, call: held.call, route: part?.route ?? found, client, budgets: onlyLooking(ports.budgets) }
  const rewrites = await rewritesOf(resolved)
  // From here on in one go: what is looked at is of one moment.
  const look = new Look(resolved, { ports, rewrites, blocked: held.refusal })
  return { ...base, content: held.shown, experiment: part?.shown ?? null, ...look.describe() }
}

/** A request that nothing is known of but what it says itself. */
export function nothingKnown(
  { call, key, snapshot, address, band }: Pick<ExplainInput, 'key' | 'snapshot' | 'address'> & Partial<ExplainInput>,
  wallClock: number,
): Explanation {
  return {
    at: new Date(wallClock).toISOString(),
    generation: snapshot.generation,
    endpoint: call?.endpoint.id ?? null,
    service: call === undefined ? null : SERVICE_OF_ENDPOINT[call.endpoint.id],
    asked: call?.model ?? null,
    model: null,
    alias: false,
    near: [],
    key: key?.name ?? null,
    address,
    band: band ?? null,
    outcome: 'answered',
    goesTo: null,
    step: null,
    refusal: null,
    policy: null,
    limits: [],
    budgets: [],
    content: [],
    experiment: null,
    better: null,
    candidates: [],
    order: [],
    queue: null,
    cache: { state: 'off' },
    fallback: [],
    rewrites: [],
  }
}

export function refusalOf(stage: NonNullable<Explanation['refusal']>['stage'], error: ClientError): NonNullable<Explanation['refusal']> {
  const { status, message, param, retryAfterSeconds } = error
  return {
    stage,
    status,
    code: error.code ?? 'upstream_rejected',
    message,
    ...(param === undefined ? {} : { param }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}

/** Someone who is never answered. */
function listener({ address, headers }: Pick<ClientPort, 'address' | 'headers'>): ClientPort {
  const nobodyListens = () => {}
  return {
    address,
    headers,
    started: false,
    written: 0,
    send: nobodyListens,
    start: nobodyListens,
    write: () => undefined,
    beat: nobodyListens,
    end: nobodyListens,
    cut: nobodyListens,
  }
}

export type Resolved = ExplainInput & {
  readonly route: Route
  readonly client: ClientPort
  /** They give nothing. */
  readonly budgets: BudgetPort | undefined
}

/** For sessions nothing is encoded. */
async function rewritesOf({ call, sent, route, client }: Resolved): Promise<readonly Rewrite[]> {
  if (call.endpoint.id === 'realtime') return []
  const able = route.instances.filter(({ backend }) => backend.adapter.paths[call.endpoint.id] !== undefined).slice(0, MOST_REWRITES)
  return Promise.all(able.map((instance) => rewriteFor({ call, sent, route, client }, instance)))
}

/** All that is decided about a request whose model is known, at one moment. */
class Look {
  readonly #input: Resolved
  readonly #ports: ExplainPorts
  readonly #rewrites: readonly Rewrite[]
  /** What content rules refuse it with. */
  readonly #blocked: GatewayError | undefined
  readonly #now: number
  readonly #limits: LimitStates
  readonly #states: ReturnType<typeof createRouteStates>

  constructor(
    input: Resolved,
    { ports, rewrites, blocked }: { ports: ExplainPorts; rewrites: readonly Rewrite[]; blocked: GatewayError | undefined },
  ) {
    this.#input = input
    this.#blocked = blocked
    this.#ports = ports
    this.#rewrites = rewrites
    this.#now = ports.now()
    this.#limits = new LimitStates(ports.limits)
    this.#states = createRouteStates({ table: copyOnUse(ports.table), limits: this.#limits })
  }

  describe(): Partial<Explanation> {
    const { call, route } = this.#input
    const limits = this.#limitsNow()
    const budgets = budgetsOf(this.#input, this.#limits, this.#now)
    const refusal = this.#refusal()
    const cache = this.#cacheNow()
    const states = this.#states.of(route, call.endpoint.id)
    const standing = this.#stand(route, states)
    const chain = explainChain(this.#input, {
      ports: this.#ports,
      states: this.#states,
      limits: this.#limits,
      now: this.#now,
      stand: (other) => this.#first(other),
    })
    const known = {
      model: route.model,
      alias: call.model !== route.model,
      policy: policyOf(route),
      limits,
      budgets,
      better: standing.better,
      candidates: [...standing.candidates],
      order: standing.order.map(({ instance }) => instance.id),
      queue: this.#queueNow(standing),
      cache,
      fallback: [...chain.steps],
      rewrites: this.#rewrites.map(({ shown }) => shown),
    }
    if (refusal !== undefined) return { ...known, outcome: 'refused', refusal }
    if (cache.state === 'hit') return { ...known, outcome: 'cached' }
    return { ...known, ...this.#outcome(states, { standing, chain, waits: known.queue?.wouldWait === true }) }
  }

  /** Whom it is given to, or why to nobody. */
  #outcome(
    states: readonly InstanceState[],
    { standing, chain, waits }: { standing: Standing; chain: ChainAnswer; waits: boolean },
  ): Pick<Explanation, 'outcome'> & Partial<Explanation> {
    const { call, route } = this.#input
    if (states.length === 0 && route.instances.length > 0)
      return { outcome: 'refused', refusal: refusalOf('instances', noSuchEndpoint(call, route)) }
    const [first] = standing.order
    if (waits) return { outcome: 'waits', goesTo: first?.instance.id ?? null }
    if (first !== undefined) return { outcome: 'asks', goesTo: first.instance.id }
    const { unsaid, first: plan } = standing
    const failure = unsaid === undefined ? undefined : this.#rewrites.find(({ shown }) => shown.instance === unsaid.instance.id)?.failure
    if (failure === undefined && plan.kind === 'paused') {
      const context = { patienceMs: route.policy.retry.maxWaitMs, last: undefined, attempts: 0, now: this.#now, random: middle }
      if (waitBefore(plan, context) !== undefined) return { outcome: 'waits' }
    }
    const told = failure ?? nobody(plan.kind === 'chosen' ? { kind: 'down' } : plan, route, this.#now)
    return chain.after(told) ?? { outcome: 'refused', refusal: refusalOf('instances', told.error) }
  }

  #stand(route: Route, states: readonly InstanceState[]): Standing {
    const { call, client } = this.#input
    const silent = new Set(this.#rewrites.flatMap(({ shown, failure }) => (failure === undefined ? [] : [shown.instance])))
    const context = { policy: route.policy, hash: hash32(stickyKey(route.policy, call, client)), now: this.#now, random: middle }
    return standingOf(route, states, { context, unsayable: ({ instance }) => silent.has(instance.id) })
  }

  #first(route: Route): string | null {
    return this.#stand(route, this.#states.of(route, this.#input.call.endpoint.id)).order[0]?.instance.id ?? null
  }

  #limitsNow(): Explanation['limits'] {
    const { claims } = claimsOf(limitsOf(this.#input), { input: this.#input, states: this.#limits, now: this.#now })
    return claims.map(({ rule, limiter, state, cost }) => {
      const verdict = limiter.check(state, cost, this.#now)
      const level = limiter.level(state, this.#now)
      const place = { scope: rule.by, count: rule.count, algorithm: rule.settings.algorithm, ...level, wouldTake: cost }
      if (verdict.kind === 'deny') {
        const { retryAfterMs } = verdict
        return { ...place, verdict: 'deny', retryAfterMs: Number.isFinite(retryAfterMs) ? retryAfterMs : null }
      }
      return verdict.waitMs > 0 ? { ...place, verdict: 'wait', waitMs: verdict.waitMs } : { ...place, verdict: 'pass' }
    })
  }

  /** Takes from the copies, as what comes after the request has been let in stands on that. */
  #refusal(): NonNullable<Explanation['refusal']> | undefined {
    const blocked = this.#blocked === undefined ? undefined : refusalOf('content', this.#blocked)
    // Sessions are refused by their model's rules as such, before anything is taken.
    if (blocked !== undefined && this.#input.call.endpoint.id === 'realtime') return blocked
    try {
      admit(this.#input, this.#limits, this.#now)
      return blocked
    } catch (error) {
      if (error instanceof GatewayError) return refusalOf(error.code === 'insufficient_quota' ? 'budgets' : 'limits', error)
      throw error
    }
  }

  #cacheNow(): Explanation['cache'] {
    const { call, route, client, key } = this.#input
    if (route.policy.cache === undefined) return { state: 'off' }
    if (!keepsAnswers(call, route)) return { state: 'bypass', reason: 'upload' }
    const use = readCacheControl(client.headers['cache-control'])
    if (!use.read) return { state: 'bypass', reason: 'cache-control' }
    const has = this.#ports.answers.cacheOf(route)?.has(placeOf({ call, client, key }, route), { now: this.#now, maxAgeMs: use.maxAgeMs })
    return { state: has === true ? 'hit' : 'miss' }
  }

  #queueNow({ first }: Standing): Explanation['queue'] {
    const { route } = this.#input
    const waiting = this.#ports.waiting.waitingFor(route)
    const wouldWait = waiting !== undefined && mustQueue(first, { othersWait: waiting > 0, hadTurn: false })
    return { possible: waiting !== undefined, wouldWait, waiting: waiting ?? 0, ...route.policy.queue }
  }
}

/** In place of chance; what it decides is told by `share`. */
const middle = () => 0.5

function policyOf({ policy: { balance, retry, timeouts, hedge } }: Route): NonNullable<Explanation['policy']> {
  return {
    balance,
    retry: { ...retry },
    timeouts: { ...timeouts },
    hedge: hedge === undefined ? null : { ...hedge, afterMs: hedge.afterMs ?? null },
  }
}
