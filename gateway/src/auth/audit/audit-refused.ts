import type { Store } from '../../store/port.ts'
import { withoutCredentials } from '../without-credentials.ts'
import { auditWrite, type Origin } from './audit-entry.ts'

/** A write that somebody asked for, and did not get. */
export interface RefusedWrite {
  readonly route: { readonly method: string; readonly path: string }
  readonly params: Readonly<Record<string, string>>
  readonly origin: Origin
  readonly problem: { readonly code: string; readonly detail?: string | undefined }
}

/** Refusals that are written at once, and how fast that comes back: whoever is refused all the time must not fill the store. */
const BURST = 50
const PER_MS = 1 / 1_000

/** Puts refused writes on record. Those of a flood are only counted, in the next one that is written. Rejects with a StoreError. */
export function auditRefused(store: Pick<Store, 'commit'>, now: () => number): (refused: RefusedWrite) => Promise<void> {
  let left = BURST
  let at = now()
  let suppressed = 0
  return async ({ route, params, origin, problem }) => {
    const time = now()
    left = Math.min(BURST, left + Math.max(0, time - at) * PER_MS)
    at = time
    if (left < 1) {
      suppressed += 1
      return
    }
    left -= 1
    const counted = suppressed
    suppressed = 0
    const path = route.path.replace(/:(\w+)|\*/g, (whole, name: string | undefined) => params[name ?? '*'] ?? whole)
    await store.commit([
      auditWrite(origin, {
        action: `refused.${route.method.toLowerCase()}`,
        target: withoutCredentials(path.slice(1, 600)),
        result: 'refused',
        code: problem.code,
        ...(problem.detail === undefined ? {} : { message: problem.detail }),
        ...(counted === 0 ? {} : { after: { suppressedBefore: counted } }),
        time,
      }),
    ])
  }
}
