import type { RequestPhase } from '@jairouter/contract/management/active-requests'
import type { RequestRecord } from './request-record.ts'

/** What a request that is not over is doing, as far as its record tells. */
export function phaseOf({ resolvedAt, attempts, firstByteMs }: RequestRecord): RequestPhase {
  if (firstByteMs !== undefined) return 'stream'
  if (Number.isNaN(resolvedAt)) return 'admission'
  const last = attempts.at(-1)
  // Its duration is noted when it is over.
  if (last === undefined || last.durationMs > 0) return 'queue'
  if (!Number.isNaN(last.headersAt) || !Number.isNaN(last.connectedAt)) return 'first-token'
  return 'connect'
}
