import type { Config } from '@jairouter/contract/config'
import type { LimitConfig } from '@jairouter/contract/limit'
import { SERVICES, type LimitScope, type Service } from '@jairouter/contract/names'
import { deepFreeze } from '../lib/deep-freeze.ts'
import type { LimitSettings } from '../limit/limiter.ts'
import type { Report } from './compile-problem.ts'
import type { LimitRule } from './snapshot.ts'

/** Scopes that make sense wherever a limit stands. */
export const ANY_PLACE: readonly LimitScope[] = ['global', 'service', 'model', 'instance', 'key', 'client-ip']

interface LimitsInput {
  readonly limits: readonly LimitConfig[] | undefined
  /** The name of the place, for the rules' ids. */
  readonly place: string
  readonly path: readonly (string | number)[]
  /** Those that the place allows; the first is meant where a limit names none. */
  readonly scopes: readonly LimitScope[]
}

/** The limits of one place of the config. */
export function compileLimits({ limits = [], place, path, scopes }: LimitsInput, report: Report): readonly LimitRule[] {
  const rules = new Map<string, LimitRule>()
  for (const [index, limit] of limits.entries()) {
    const at = [...path, 'limits', index]
    const by = limit.by ?? scopes[0] ?? 'global'
    const count = limit.algorithm === 'concurrency' ? 'requests' : limit.count
    const settings = toSettings(limit)
    if (!scopes.includes(by)) report([...at, 'by'], `can only be ${scopes.join(', ')} here`)
    if (by === 'instance' && count === 'tokens') report([...at, 'count'], 'of an instance can only be requests')
    const id = `${place} ${by} ${count} ${JSON.stringify(settings)}`
    if (rules.has(id)) report(at, 'says the same as another one before it')
    rules.set(id, { id, by, count, settings })
  }
  return deepFreeze([...rules.values()])
}

/** The limits that a service's routes have from `defaults` and `services`. */
export function compileSharedLimits(config: Config, report: Report): (service: Service) => readonly LimitRule[] {
  const everywhere = compileLimits({ limits: config.defaults.limits, place: 'defaults', path: ['defaults'], scopes: ANY_PLACE }, report)
  const byService = new Map(
    SERVICES.map((service) => {
      const { limits } = config.services[service] ?? {}
      const scopes: readonly LimitScope[] = ['service', ...ANY_PLACE]
      return [service, compileLimits({ limits, place: `service ${service}`, path: ['services', service], scopes }, report)]
    }),
  )
  return (service) => [...everywhere, ...(byService.get(service) ?? [])]
}

function toSettings(limit: LimitConfig): LimitSettings {
  switch (limit.algorithm) {
    case 'token-bucket':
      return { algorithm: limit.algorithm, perMs: limit.rate.perMs, burst: limit.burst ?? limit.rate.count }
    case 'leaky-bucket':
      return { algorithm: limit.algorithm, perMs: limit.rate.perMs, queue: limit.queue }
    case 'sliding-window':
      return { algorithm: limit.algorithm, limit: limit.limit, windowMs: limit.window }
    case 'warm-up':
      return { algorithm: limit.algorithm, perMs: limit.rate.perMs, warmUpMs: limit.warmUp, coldFactor: limit.coldFactor }
    case 'concurrency':
      return { algorithm: limit.algorithm, limit: limit.limit }
  }
}
