import type { JobTask } from './job-board.ts'
import type { LivePort } from './live-port.ts'
import type { OverrideDesk } from './override-desk.ts'

/** A lease that ends tells nobody; this is how late the job may see it. */
const LOOK_EVERY_MS = 100

export interface DrainPorts {
  readonly live: Pick<LivePort, 'inFlight'>
  readonly overrides: Pick<OverrideDesk, 'of'>
  readonly every: (milliseconds: number, callback: () => void) => () => void
}

/** Ends when nothing is in flight on the instance any more; fails when it was enabled again before that. */
export function drainTask(id: string, { live, overrides, every }: DrainPorts): JobTask['run'] {
  return ({ signal, progress }) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly inFlight: number }>()
    let last: number | undefined
    const look = () => {
      const inFlight = live.inFlight(id)
      if (inFlight !== last) progress({ inFlight })
      last = inFlight
      if (inFlight === 0) resolve({ inFlight })
      else if (overrides.of(id)?.kind !== 'draining') reject(new Error('it takes requests again, or was disabled otherwise'))
    }
    const stop = every(LOOK_EVERY_MS, look)
    signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true })
    look()
    return promise.finally(stop)
  }
}
