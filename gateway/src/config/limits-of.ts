import { networkOf } from '../lib/network.ts'
import { keyIdOf } from './key-id.ts'
import type { KeyRecord, LimitRule, Route } from './snapshot.ts'

/** Whose request it is, as far as limits tell requests apart. */
export interface LimitedRequest {
  readonly route: Route
  readonly key: KeyRecord | undefined
  /** The client's address. */
  readonly address: string
}

/** The limits that hold for a request, those of single instances left out. */
export function limitsOf({ route, key }: LimitedRequest): readonly LimitRule[] {
  // Limits by key hold for those that come with one.
  const own = key === undefined ? route.limits.filter(({ by }) => by !== 'key') : route.limits
  return key === undefined || key.limits.length === 0 ? own : [...own, ...key.limits]
}

/** Whom a limit counts the request for. */
export function subjectOf({ by }: LimitRule, { route, key, address }: LimitedRequest): string {
  switch (by) {
    case 'global':
      return ''
    case 'service':
      return route.service
    case 'model':
    case 'instance':
      return `${route.service} ${route.model}`
    case 'key':
      return key === undefined ? '' : keyIdOf(key)
    case 'client-ip':
      return networkOf(address)
  }
}
