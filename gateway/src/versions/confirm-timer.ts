import type { Pointer } from './version-book.ts'

/** Longer waits are begun again. */
const MAX_WAIT_MS = 3_600_000
/** After the store could not be written. */
const RETRY_MS = 1_000

export interface ConfirmTimer {
  /** Looks at what waits for its confirmation now. */
  watch(pointer: Pointer): void
  stop(): void
}

/** Calls `revert` once the deadline of what is in force has passed, again and again until it has been done. */
export function createConfirmTimer(ports: {
  readonly now: () => number
  readonly schedule: (delayMs: number, run: () => void) => () => void
  readonly revert: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}): ConfirmTimer {
  let cancel = () => {}
  let waitingFor: number | undefined

  function wait(deadline: number, atLeastMs: number): void {
    const left = Math.max(deadline - ports.now(), atLeastMs, 0)
    cancel = ports.schedule(Math.min(left, MAX_WAIT_MS), () => void fire(deadline))
  }

  async function fire(deadline: number): Promise<void> {
    if (waitingFor !== deadline) return
    if (ports.now() < deadline) return wait(deadline, 1)
    try {
      await ports.revert()
    } catch (error) {
      ports.onFailure(error)
      if (waitingFor === deadline) wait(deadline, RETRY_MS)
    }
  }

  return {
    watch({ confirm }) {
      if (waitingFor === confirm?.deadline) return
      cancel()
      waitingFor = confirm?.deadline
      if (waitingFor !== undefined) wait(waitingFor, 0)
    },
    stop() {
      cancel()
      waitingFor = undefined
    },
  }
}
