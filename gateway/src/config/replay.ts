import type { Replay } from '@jairouter/contract/management/effect'
import { SERVICE_OF_ENDPOINT, type EndpointId } from '@jairouter/contract/names'
import { tierOf } from '../balance/eligible.ts'
import { possibleGroups } from '../experiment/assign.ts'
import { checkAll, takeAll } from '../limit/take-all.ts'
import type { Limiter } from '../limit/limiter.ts'
import { createLimiter } from '../limit/registry.ts'
import { limitsOf, subjectOf } from './limits-of.ts'
import { mayUse } from './may-use.ts'
import type { KeyRecord, LimitRule, Route, Snapshot } from './snapshot.ts'

/** What is known of a request that is over. */
export interface ReplayedRequest {
  readonly id: string
  readonly endpoint: EndpointId
  readonly model: string
  /** Name of the API key. */
  readonly key: string | undefined
  readonly address: string
  /** The instance that answered; undefined where none did. */
  readonly instance: string | undefined
  readonly tokens: number
  /** Milliseconds, on one clock. */
  readonly at: number
}

const MOST_EXAMPLES = 5

/**
 * What would have become of requests under another config, oldest first: who would be refused, stopped by a limit, or
 * answered by somebody else. By plan alone: every instance counts as well and idle, limits begin unused in both configs,
 * and a limit of requests at the same time refuses nobody, since how long each took is not known.
 */
export function replay(recent: Iterable<ReplayedRequest>, before: Snapshot, after: Snapshot): Replay {
  const [old, fresh] = [new Rehearsal(before), new Rehearsal(after)]
  const counts = { n: 0, same: 0, elsewhere: 0, limited: 0, refused: 0 }
  const examples: Replay['examples'] = { elsewhere: [], limited: [], refused: [] }
  for (const request of recent) {
    counts.n += 1
    const verdict = verdictOf(request, old.play(request), fresh.play(request))
    counts[verdict] += 1
    if (verdict === 'same') continue
    // The last ones are those that somebody remembers.
    examples[verdict].push(request.id)
    if (examples[verdict].length > MOST_EXAMPLES) examples[verdict].shift()
  }
  return { ...counts, examples }
}

type Played =
  | { readonly kind: 'refused' | 'limited' }
  | { readonly kind: 'passed'; readonly first: ReadonlySet<string>; readonly all: ReadonlySet<string> }

function verdictOf({ instance }: ReplayedRequest, was: Played, is: Played): 'same' | 'elsewhere' | 'limited' | 'refused' {
  if (is.kind !== 'passed') return is.kind === was.kind ? 'same' : is.kind
  if (was.kind !== 'passed') return 'same'
  if (instance === undefined) return overlap(was.first, is.first) ? 'same' : 'elsewhere'
  if (is.first.has(instance)) return 'same'
  // It answered though it is not among the first: as a lower tier, or as another model's. So it could again.
  const wasFirst = was.first.has(instance)
  const isLeft = is.all.has(instance) || !was.all.has(instance)
  return !wasFirst && isLeft ? 'same' : 'elsewhere'
}

function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === 0 || [...one].some((id) => other.has(id))
}

/** One config, and what its limits remember. */
class Rehearsal {
  readonly #snapshot: Snapshot
  readonly #keys: ReadonlyMap<string, KeyRecord>
  readonly #limiters = new Map<string, Limiter>()
  readonly #vectors = new Map<string, Float64Array>()
  readonly #names = new WeakMap<Route, { readonly first: ReadonlySet<string>; readonly all: ReadonlySet<string> }>()

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
    this.#keys = new Map([...snapshot.auth.keys.values()].map((key) => [key.name, key]))
  }

  play(request: ReplayedRequest): Played {
    const { auth, routes } = this.#snapshot
    const key = request.key === undefined || auth.mode === 'open' ? undefined : this.#keys.get(request.key)
    if (auth.mode !== 'open' && key?.enabled !== true) return REFUSED
    const route = routes.get(SERVICE_OF_ENDPOINT[request.endpoint])?.get(request.model)
    if (route === undefined || (key !== undefined && !mayUse(key, request.model))) return REFUSED
    if (key?.services?.includes(route.service) === false) return REFUSED
    return this.#isLimited(request, { route, key }) ? LIMITED : { kind: 'passed', ...this.#namesFor(request, { route, key }) }
  }

  /** Of the groups of an experiment that it may come into. */
  #namesFor({ address }: ReplayedRequest, { route, key }: { route: Route; key: KeyRecord | undefined }) {
    const { experiment } = route
    if (experiment === undefined) return this.#namesOf(route)
    const named = possibleGroups(experiment, { key: key?.name, tags: key?.tags ?? [], address }).flatMap((group) => {
      const groupRoute = experiment.routes[group]
      return groupRoute === undefined ? [] : [this.#namesOf(groupRoute)]
    })
    const [only] = named
    if (only !== undefined && named.length === 1) return only
    return { first: new Set(named.flatMap(({ first }) => [...first])), all: new Set(named.flatMap(({ all }) => [...all])) }
  }

  #isLimited({ address, tokens, at }: ReplayedRequest, { route, key }: { route: Route; key: KeyRecord | undefined }): boolean {
    const request = { route, key, address }
    const claims = limitsOf(request)
      .filter(({ settings }) => settings.algorithm !== 'concurrency')
      .map((rule) => this.#claimOf(rule, subjectOf(rule, request), rule.count === 'tokens' ? tokens : 1))
    if (checkAll(claims, at).kind === 'deny') return true
    takeAll(claims, at)
    return false
  }

  #claimOf(rule: LimitRule, subject: string, cost: number) {
    const limiter = this.#limiters.get(rule.id) ?? createLimiter(rule.settings)
    this.#limiters.set(rule.id, limiter)
    const name = JSON.stringify([rule.id, subject])
    const state = this.#vectors.get(name) ?? new Float64Array(limiter.size)
    this.#vectors.set(name, state)
    return { limiter, state, cost }
  }

  #namesOf(route: Route) {
    const known = this.#names.get(route)
    if (known !== undefined) return known
    const idsOf = (instances: Route['instances']) => new Set(instances.map(({ id }) => id))
    const names = { first: idsOf(tierOf(route.instances)), all: idsOf(route.instances) }
    this.#names.set(route, names)
    return names
  }
}

const REFUSED: Played = { kind: 'refused' }
const LIMITED: Played = { kind: 'limited' }
