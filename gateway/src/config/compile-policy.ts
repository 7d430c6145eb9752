import type { BreakerConfig, PolicyConfig } from '@jairouter/contract/config'
import type { BreakerSettings } from '../breaker/breaker.ts'
import type { ContentRule } from '../content/rule.ts'
import { rulesNamed } from './compile-content.ts'
import { compileFallback } from './compile-fallback.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import type { CachePolicy, CapturePolicy, HedgePolicy, Policy, SlowLimits } from './snapshot.ts'

/** What holds where the config says nothing. */
const BUILTIN_POLICY: Policy = deepFreeze({
  balance: 'least-connections',
  hashKeys: ['prompt_cache_key', 'user', 'client-ip'],
  timeouts: { connect: 3_000, response: 120_000, firstToken: 60_000, idle: 60_000, total: 1_800_000 },
  retry: { attempts: 3, budget: 0.2, maxWaitMs: 5_000, resume: false },
  breaker: {
    enabled: true,
    consecutive: 5,
    failureRate: 0.5,
    minimum: 20,
    windowMs: 30_000,
    openForMs: 5_000,
    maxOpenForMs: 30_000,
    probes: 1,
    successes: 3,
  },
  slowStartMs: 30_000,
  queue: { size: 1_000, timeoutMs: 30_000 },
  hedge: undefined,
  fallback: [],
  cache: undefined,
  slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
  emitReasoning: 'as-is',
  content: undefined,
  capture: undefined,
})

/** Once a cache is asked for. */
const CACHE: CachePolicy = deepFreeze({ ttlMs: 600_000, maxEntries: 10_000, maxBytes: 64 * 1024 ** 2 })

/** Once contents are asked for. */
export const CAPTURE: CapturePolicy = deepFreeze({ sides: ['request', 'answer'], to: ['history'], maximumBytes: 16 * 1024 })

const NO_RULES: ReadonlyMap<string, ContentRule> = new Map()

/** Lays the layers over the built-in policy, the nearest last. Each setting for itself, so also each time limit. */
export function compilePolicy(layers: readonly (PolicyConfig | undefined)[], contentRules = NO_RULES): Policy {
  let policy = BUILTIN_POLICY
  for (const layer of layers) {
    if (layer === undefined) continue
    policy = {
      balance: layer.balance ?? policy.balance,
      hashKeys: layer.hashKeys ?? policy.hashKeys,
      timeouts: {
        connect: layer.timeouts?.connect ?? policy.timeouts.connect,
        response: layer.timeouts?.response ?? policy.timeouts.response,
        firstToken: layer.timeouts?.firstToken ?? policy.timeouts.firstToken,
        idle: layer.timeouts?.idle ?? policy.timeouts.idle,
        total: layer.timeouts?.total ?? policy.timeouts.total,
      },
      retry: {
        attempts: layer.retry?.attempts ?? policy.retry.attempts,
        budget: layer.retry?.budget ?? policy.retry.budget,
        maxWaitMs: layer.retry?.maxWait ?? policy.retry.maxWaitMs,
        resume: layer.retry?.resume ?? policy.retry.resume,
      },
      breaker: { ...policy.breaker, ...compileBreaker(layer.breaker) },
      slowStartMs: layer.slowStart ?? policy.slowStartMs,
      queue: { size: layer.queue?.size ?? policy.queue.size, timeoutMs: layer.queue?.timeout ?? policy.queue.timeoutMs },
      hedge: compileHedge(policy.hedge, layer.hedge),
      fallback: layer.fallback === undefined ? policy.fallback : compileFallback(layer.fallback),
      cache: compileCache(policy.cache, layer.cache),
      slow: compileSlow(policy.slow, layer.slow),
      emitReasoning: layer.emitReasoning ?? policy.emitReasoning,
      content: layer.content === undefined ? policy.content : rulesNamed(layer.content, contentRules),
      capture: compileCapture(policy.capture, layer.capture),
    }
  }
  return deepFreeze(policy)
}

function compileSlow(farther: SlowLimits, layer: PolicyConfig['slow']): SlowLimits {
  const { total, firstToken, betweenTokens } = typeof layer === 'number' ? { total: layer } : { ...layer }
  return {
    totalMs: total ?? farther.totalMs,
    firstTokenMs: firstToken ?? farther.firstTokenMs,
    betweenTokensMs: betweenTokens ?? farther.betweenTokensMs,
  }
}

/** Once second calls are asked for. */
const HEDGE: HedgePolicy = deepFreeze({ afterMs: undefined, quantile: 0.95, budget: 0.02 })

function compileHedge(farther: HedgePolicy | undefined, layer: PolicyConfig['hedge']): HedgePolicy | undefined {
  if (layer === undefined) return farther
  if (layer.enabled === false) return undefined
  const { after, budget } = layer
  const usual = farther ?? HEDGE
  const when =
    after === undefined
      ? usual
      : typeof after === 'number'
        ? { afterMs: after, quantile: usual.quantile }
        : { afterMs: undefined, quantile: Number(after.slice(1)) / 100 }
  return { afterMs: when.afterMs, quantile: when.quantile, budget: budget ?? usual.budget }
}

function compileCache(farther: CachePolicy | undefined, layer: PolicyConfig['cache']): CachePolicy | undefined {
  if (layer === undefined) return farther
  if (layer.enabled === false) return undefined
  const { ttlMs, maxEntries, maxBytes } = farther ?? CACHE
  return { ttlMs: layer.ttl ?? ttlMs, maxEntries: layer.maxEntries ?? maxEntries, maxBytes: layer.maxBytes ?? maxBytes }
}

function compileCapture(farther: CapturePolicy | undefined, layer: PolicyConfig['capture']): CapturePolicy | undefined {
  if (layer === undefined) return farther
  if (layer.enabled === false) return undefined
  const { sides, to, maximumBytes } = farther ?? CAPTURE
  return { sides: layer.sides ?? sides, to: layer.to ?? to, maximumBytes: layer.maxBytes ?? maximumBytes }
}

/** The settings that are given, under the names of the state machine. */
export function compileBreaker(config: BreakerConfig | undefined): Partial<BreakerSettings> {
  const { window: windowMs, openFor: openForMs, maxOpenFor: maxOpenForMs, ...rest } = config ?? {}
  const all = { ...rest, windowMs, openForMs, maxOpenForMs }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
