import type { PolicyInput } from '@jairouter/contract/config'
import { BALANCERS, LIMIT_SCOPES } from '@jairouter/contract/names'
import { at, type JavaNode } from './java-tree.ts'
import type { ImportReport } from './report.ts'
import { flagOf, numberOf, textOf } from './scalars.ts'

type Limit = NonNullable<PolicyInput['limits']>[number]

/** Where a policy goes to: `defaults`, `services.chat` or `backends[...]`. */
export interface PolicyPlace {
  readonly to: string
  /** Scopes that a limit may have there. */
  readonly scopes: readonly string[]
}

/** load-balance, rate-limit, circuit-breaker and fallback of one place. */
export function importPolicy(node: JavaNode | undefined, place: PolicyPlace, report: ImportReport): PolicyInput {
  const balance = importBalance(at(node, 'load-balance'), place, report)
  const limits = importLimits(at(node, 'rate-limit'), place, report)
  const breaker = importBreaker(at(node, 'circuit-breaker'), place, report)
  const fallback = importFallback(at(node, 'fallback'), place, report)
  return {
    ...(balance === undefined ? {} : { balance }),
    ...(limits.length === 0 ? {} : { limits }),
    ...(breaker === undefined ? {} : { breaker }),
    ...(fallback === undefined ? {} : { fallback }),
  }
}

function importBalance(node: JavaNode | undefined, { to }: PolicyPlace, report: ImportReport): PolicyInput['balance'] {
  if (node === undefined) return undefined
  const type = at(node, 'type')
  const name = textOf(type)?.toLowerCase()
  const known = BALANCERS.find((balancer) => balancer === name)
  if (type !== undefined && known !== undefined) report.mapped(type, `${to}.balance`)
  else if (type !== undefined) report.leftOut(type, `there is no balancer of that name; there are ${BALANCERS.join(', ')}`)
  report.leftOut(node, 'hashing is the same for every balancer and needs no setting')
  return known
}

function importLimits(node: JavaNode | undefined, { to, scopes }: PolicyPlace, report: ImportReport): Limit[] {
  if (node === undefined) return []
  if (flagOf(at(node, 'enabled')) !== true) {
    report.leftOut(node, 'it is not enabled')
    return []
  }
  const shape = limitShape(node)
  if (shape === undefined) {
    report.leftOut(node, 'this algorithm, capacity or rate can’t be read; there are token-bucket, leaky-bucket, sliding-window and warm-up')
    return []
  }
  const asked = textOf(at(node, 'scope'))?.toLowerCase()
  const by = LIMIT_SCOPES.find((scope) => scope === asked && scopes.includes(scope))
  const limits: Limit[] = [{ ...shape, ...(by === undefined ? {} : { by }) }]
  if (flagOf(at(node, 'client-ip-enable')) === true && by !== 'client-ip' && scopes.includes('client-ip'))
    limits.push({ ...shape, by: 'client-ip' })
  const key = at(node, 'key')
  if (key !== undefined) report.leftOut(key, 'the Java program did not use it either')
  const reported = ['enabled', 'algorithm', 'capacity', 'rate', 'scope', 'client-ip-enable'].map((name) => at(node, name))
  for (const setting of reported)
    if (setting !== undefined) report.mapped(setting, `${to}.limits`, 'it holds now: the Java program enforced limits of instances only')
  return limits
}

function limitShape(node: JavaNode): Limit | undefined {
  const algorithm = textOf(at(node, 'algorithm'))?.toLowerCase() ?? 'token-bucket'
  const rate = Math.floor(numberOf(at(node, 'rate')) ?? 10)
  const capacity = Math.floor(numberOf(at(node, 'capacity')) ?? 100)
  if (rate < 1 || capacity < 1) return undefined
  switch (algorithm) {
    case 'token-bucket':
      return { algorithm, rate: `${rate}/s`, burst: capacity }
    // The Java one refuses what overflows, so it is a bucket of that size: ours of the name shapes, or lets nothing come early.
    case 'leaky-bucket':
      return { algorithm: 'token-bucket', rate: `${rate}/s`, burst: capacity }
    case 'sliding-window':
      return { algorithm, limit: rate, window: '1s' }
    case 'warm-up':
      return { algorithm, rate: `${rate}/s`, warmUp: '600s' }
    default:
      return undefined
  }
}

function importBreaker(node: JavaNode | undefined, { to }: PolicyPlace, report: ImportReport): PolicyInput['breaker'] {
  if (node === undefined) return undefined
  if (flagOf(at(node, 'enabled')) === false) {
    report.mapped(node, `${to}.breaker.enabled`)
    return { enabled: false }
  }
  const consecutive = numberOf(at(node, 'failure-threshold'))
  const openForMs = numberOf(at(node, 'timeout'))
  const successes = numberOf(at(node, 'success-threshold'))
  report.mapped(node, `${to}.breaker`)
  const breaker = {
    ...(consecutive === undefined ? {} : { consecutive }),
    // The longest pause must not be shorter than the first.
    ...(openForMs === undefined ? {} : { openFor: `${openForMs}ms`, maxOpenFor: `${Math.max(openForMs, 30_000)}ms` }),
    ...(successes === undefined ? {} : { successes }),
  }
  return Object.keys(breaker).length === 0 ? undefined : breaker
}

function importFallback(node: JavaNode | undefined, { to }: PolicyPlace, report: ImportReport): PolicyInput['fallback'] {
  if (node === undefined) return undefined
  const strategy = textOf(at(node, 'strategy'))?.toLowerCase() ?? 'default'
  if (flagOf(at(node, 'enabled')) !== true || strategy !== 'cache') {
    report.leftOut(node, 'an error is answered as an error; fallback takes other models, cached answers and texts of yours')
    return undefined
  }
  report.mapped(node, `${to}.fallback`, 'only the same request of the same key gets an answer again')
  const ttlMs = numberOf(at(node, 'cache-ttl'))
  return [{ cache: ttlMs === undefined ? {} : { maxAge: `${ttlMs}ms` } }]
}
