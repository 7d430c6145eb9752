import type { CandidateReason } from '@jairouter/contract/management/reasons'
import type { barOf } from './plan.ts'

/** The code of what keeps an instance from being asked. */
export const REASON_OF_BAR: Readonly<Record<NonNullable<ReturnType<typeof barOf>>, CandidateReason>> = {
  tried: 'tried',
  unhealthy: 'unhealthy',
  override: 'taken-out',
  credential: 'credential-refused',
  breaker: 'breaker-open',
  pause: 'paused',
  limit: 'own-limit',
  room: 'no-room',
}
