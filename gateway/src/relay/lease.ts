import type { InstanceState } from './route-states.ts'

/** What an attempt holds while it is open. All counts of work in flight come from leases, so that they can't drift. */
export interface Lease {
  /** Idempotent: every way out of an attempt may call it. */
  close(): void
}

export function openLease(state: InstanceState): Lease {
  state.add(1)
  let open = true
  return {
    close() {
      if (!open) return
      open = false
      state.add(-1)
    },
  }
}
