import type { Config, PolicyConfig } from '@jairouter/contract/config'
import type { EffectivePolicy, EffectiveValue, PolicySource } from '@jairouter/contract/management/effective'
import type { Service } from '@jairouter/contract/names'
import type { BreakerSettings } from '../breaker/breaker.ts'
import { compileContentRules } from './compile-content.ts'
import { ANY_PLACE, compileLimits } from './compile-limits.ts'
import { compileBreaker, compilePolicy } from './compile-policy.ts'
import type { LimitRule, Policy } from './snapshot.ts'

/** What is asked for: a service's policy, a model's, or what holds for a backend's instances of a model. */
export interface PolicyScope {
  readonly service: Service
  /** Public name or alias. */
  readonly model?: string
  readonly backend?: string
}

/** One place of the config where policies stand. */
interface Layer {
  readonly source: PolicySource
  readonly path: string
  readonly policy: PolicyConfig
}

interface Setting {
  readonly name: string
  readonly unit?: 'ms' | 'bytes'
  readonly value: (policy: Policy) => unknown
  /** By what a place says it, below the place's own path, also where it says that there is none; undefined where it says nothing. */
  readonly written: (policy: PolicyConfig) => string | undefined
}

const TIMEOUTS = ['connect', 'response', 'firstToken', 'idle', 'total'] as const

const SETTINGS: readonly Setting[] = [
  setting('balance', (policy) => policy.balance),
  setting('hashKeys', (policy) => policy.hashKeys),
  ...TIMEOUTS.map((name) => setting(`timeouts.${name}`, (policy) => policy.timeouts[name], 'ms')),
  setting('retry.attempts', (policy) => policy.retry.attempts),
  setting('retry.budget', (policy) => policy.retry.budget),
  setting('retry.maxWait', (policy) => policy.retry.maxWaitMs, 'ms'),
  setting('retry.resume', (policy) => policy.retry.resume),
  ...breakerSettings(),
  setting('slowStart', (policy) => policy.slowStartMs, 'ms'),
  setting('queue.size', (policy) => policy.queue.size),
  setting('queue.timeout', (policy) => policy.queue.timeoutMs, 'ms'),
  { ...setting('slow.total', ({ slow }) => slow.totalMs, 'ms'), written: writtenTotal },
  setting('slow.firstToken', ({ slow }) => slow.firstTokenMs, 'ms'),
  setting('slow.betweenTokens', ({ slow }) => slow.betweenTokensMs, 'ms'),
  setting('emitReasoning', (policy) => policy.emitReasoning),
  setting('fallback', (policy) => policy.fallback),
  setting('content', ({ content }) => content?.map(({ name }) => name) ?? null),
  optional('capture', 'enabled', (policy) => policy.capture !== undefined),
  optional('capture', 'sides', ({ capture }) => capture?.sides ?? null),
  optional('capture', 'to', ({ capture }) => capture?.to ?? null),
  optional('capture', 'maxBytes', ({ capture }) => capture?.maximumBytes ?? null, 'bytes'),
  optional('hedge', 'enabled', (policy) => policy.hedge !== undefined),
  optional('hedge', 'after', ({ hedge }) => (hedge === undefined ? null : (hedge.afterMs ?? `p${Math.round(hedge.quantile * 100)}`)), 'ms'),
  optional('hedge', 'budget', ({ hedge }) => hedge?.budget ?? null),
  optional('cache', 'enabled', (policy) => policy.cache !== undefined),
  optional('cache', 'ttl', ({ cache }) => cache?.ttlMs ?? null, 'ms'),
  optional('cache', 'maxEntries', ({ cache }) => cache?.maxEntries ?? null),
  optional('cache', 'maxBytes', ({ cache }) => cache?.maxBytes ?? null, 'bytes'),
]

function breakerSettings(): readonly Setting[] {
  const named: readonly (readonly [string, keyof BreakerSettings, 'ms'?])[] = [
    ['enabled', 'enabled'],
    ['consecutive', 'consecutive'],
    ['failureRate', 'failureRate'],
    ['minimum', 'minimum'],
    ['window', 'windowMs', 'ms'],
    ['openFor', 'openForMs', 'ms'],
    ['maxOpenFor', 'maxOpenForMs', 'ms'],
    ['probes', 'probes'],
    ['successes', 'successes'],
  ]
  return named.map(([name, key, unit]) => setting(`breaker.${name}`, (policy) => policy.breaker[key], unit))
}

/** A duration alone is that of the whole request. */
function writtenTotal({ slow }: PolicyConfig): string | undefined {
  if (typeof slow === 'number') return 'slow'
  return slow?.total === undefined ? undefined : 'slow.total'
}

function setting(name: string, value: Setting['value'], unit?: Setting['unit']): Setting {
  const steps = name.split('.')
  const written = (policy: PolicyConfig) => (valueAt(policy, steps) === undefined ? undefined : name)
  return { name, value, written, ...(unit === undefined ? {} : { unit }) }
}

/** Of what is off unless given: to give any of it turns all of it on, and `enabled: false` takes all of it away. */
function optional(group: 'hedge' | 'cache' | 'capture', name: string, value: Setting['value'], unit?: Setting['unit']): Setting {
  const written = (policy: PolicyConfig) => {
    const given = policy[group]
    if (given === undefined) return undefined
    if (given.enabled === false || (name === 'enabled' && given.enabled !== undefined)) return `${group}.enabled`
    if (name === 'enabled') return group
    return valueAt(given, [name]) === undefined ? undefined : `${group}.${name}`
  }
  return { name: `${group}.${name}`, value, written, ...(unit === undefined ? {} : { unit }) }
}

/** Every value of a policy that holds there, and which place of the config says it; undefined where the backend is none of the config's. */
export function effectivePolicy(config: Config, scope: PolicyScope): EffectivePolicy | undefined {
  const layers = layersOf(config, scope)
  const backend = config.backends.findIndex(({ id }) => id === scope.backend)
  if (scope.backend !== undefined && backend < 0) return undefined
  const policy = compilePolicy(
    layers.map((layer) => layer.policy),
    compileContentRules(config, () => {}),
  )
  const own = config.backends[backend]
  const breaker = { ...policy.breaker, ...compileBreaker(own?.breaker) }
  const nearest = own === undefined ? [] : [{ source: 'backend', path: `backends[${own.id}]`, policy: { breaker: own.breaker } } as const]
  const values = SETTINGS.map((one) => [one.name, effectiveValue(one, { ...policy, breaker }, [...layers, ...nearest])] as const)
  return { values: Object.fromEntries(values), limits: limitsAt(config, scope, layers) }
}

function effectiveValue({ name, unit, value, written }: Setting, policy: Policy, layers: readonly Layer[]): EffectiveValue {
  const places = layers.flatMap(({ source, path, policy: said }) => {
    const below = written(said)
    return below === undefined ? [] : [{ source, path: `${path}.${below}` }]
  })
  const nearest = places.at(-1)
  // Turned off there, and on again nearer by: what was said farther away is forgotten, and the usual holds.
  const forgotten = nearest?.path.endsWith(name) === false && !name.endsWith('.enabled') && value(policy) !== null
  const place = nearest === undefined || forgotten ? { source: 'default' as const, path: null } : nearest
  return { value: value(policy), ...(unit === undefined ? {} : { unit }), ...place }
}

/** Farthest first. */
function layersOf(config: Config, { service, model }: PolicyScope): readonly Layer[] {
  const layers: Layer[] = [{ source: 'defaults', path: 'defaults', policy: config.defaults }]
  const own = config.services[service]
  if (own !== undefined) layers.push({ source: 'service', path: `services.${service}`, policy: own })
  const entry = config.models.find(
    (one) => one.service === service && (one.name === model || (model !== undefined && one.aliases.includes(model))),
  )
  if (entry !== undefined) layers.push({ source: 'model', path: `models[${entry.name}]`, policy: entry })
  return layers
}

function limitsAt(config: Config, { service, backend }: PolicyScope, layers: readonly Layer[]): EffectivePolicy['limits'] {
  const own = config.backends.find(({ id }) => id === backend)
  const places = [
    ...layers.map(({ source, path, policy }) => ({ source, path, limits: policy.limits, scopes: scopesOf(source) })),
    ...(own === undefined
      ? []
      : [{ source: 'backend' as const, path: `backends[${own.id}]`, limits: own.limits, scopes: ['instance'] as const }]),
  ]
  return places.flatMap(({ source, path, limits, scopes }) =>
    compileLimits({ limits, place: `${source} ${service}`, path: [], scopes }, () => {}).map((rule: LimitRule, index) => ({
      by: rule.by,
      count: rule.count,
      settings: { ...rule.settings },
      source,
      path: `${path}.limits[${index}]`,
    })),
  )
}

/** The first is meant where a limit names none. */
function scopesOf(source: PolicySource): typeof ANY_PLACE {
  if (source === 'service') return ['service', ...ANY_PLACE]
  return source === 'model' ? ['model', ...ANY_PLACE] : ANY_PLACE
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined), value)
}
