import type { Permission } from '@jairouter/contract/management/roles'
import type { BusEvent } from '../../telemetry/event-bus.ts'

/** What can be followed. */
export interface Topic {
  readonly permission: Permission
  /** Name of the one user who may follow it; undefined: all with the permission. */
  readonly onlyFor?: string
  /** What of an event of the bus belongs to it; undefined: nothing. Without it, the events of its own name are its. */
  readonly select?: (event: BusEvent) => unknown
  /** Samples are looked at as well. */
  readonly wantsSamples?: boolean
  /** As it is, for who begins to follow it. Rejects when it can't be told now. */
  snapshot(): unknown
  /** Asked once a second while anybody follows: what has changed since it was asked last, undefined for nothing. Without it only the event bus tells. */
  readonly poll?: () => unknown
  /** Two changes in a row as one. Without it each is handed on by itself. */
  readonly merge?: (older: unknown, newer: unknown) => unknown
  /** Nobody follows it any more. */
  readonly forget?: () => void
}

export interface Sampling<State, Change> {
  readonly permission: Permission
  readonly sample: () => State
  readonly show: (state: State) => unknown
  /** Undefined: nothing has changed. */
  readonly compare: (before: State, after: State) => Change | undefined
  readonly merge: (older: Change, newer: Change) => Change
}

/** A topic that is a state: looked at now and then, all followers together, and told by what has changed. */
export function sampledTopic<State, Change>({ permission, sample, show, compare, merge }: Sampling<State, Change>): Topic {
  // What all followers have been told so far. Who comes later begins with it, so that the next change fits.
  let told: State | undefined
  return {
    permission,
    snapshot() {
      told ??= sample()
      return show(told)
    },
    poll() {
      const before = told
      told = sample()
      return before === undefined ? undefined : compare(before, told)
    },
    // Changes are handed back as they were made by `compare`.
    merge: (older, newer) => merge(older as Change, newer as Change),
    forget() {
      told = undefined
    },
  }
}
