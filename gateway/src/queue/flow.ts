import { levelOf, type Account } from './attained-service.ts'
import type { Band } from '@jairouter/contract/names'
import type { QueueLimits, Waiting } from './fair-queue.ts'

/** One that waits, and what was given to it on arrival. */
export interface Ticket<T extends Waiting> {
  readonly entry: T
  /** Rises with every arrival. */
  readonly order: number
  /** The band whose limits it counts against: a lower one where it displaced somebody there. */
  readonly place: Band
}

/** Those of one tenant who wait in one band. */
export interface Flow<T extends Waiting> {
  readonly name: string
  readonly account: Account
  /** Of its latest entry. */
  weight: number
  bytes: number
  /** When it was last served, or began to wait if later. */
  waitingSince: number
  /** Rises with every flow that comes or is served: many are served in one instant. */
  turn: number
  /** In the order of service. */
  readonly tickets: Ticket<T>[]
}

/** Levels that differ by less are equal: lifting to a level and reading it again is not exact. */
const TIE = 1e-9

export function levelOfFlow<T extends Waiting>({ account, weight }: Flow<T>): number {
  return levelOf(account, weight)
}

/** Whether a flow of the one level goes before, or level with, one of the other. */
export function isAtMost(level: number, other: number): boolean {
  return level <= other + TIE
}

/** Less service first; of equals, such as those who had none yet, the one unserved longest. */
export function isBefore<T extends Waiting>(one: Flow<T>, other: Flow<T>): boolean {
  const level = levelOfFlow(one)
  const otherLevel = levelOfFlow(other)
  if (!isAtMost(level, otherLevel)) return false
  return isAtMost(otherLevel, level) ? one.turn < other.turn : true
}

/** Of the limit that it comes closer to. */
export function shareOf(held: QueueLimits & { readonly weight: number }, limits: QueueLimits): number {
  return Math.max(held.size / limits.size, held.bytes / limits.bytes) / held.weight
}

export function newestOf<T extends Waiting>(tickets: readonly Ticket<T>[], newest: Ticket<T> | undefined): Ticket<T> | undefined {
  let found = newest
  for (const ticket of tickets) if (found === undefined || compareArrival(ticket, found) > 0) found = ticket
  return found
}

/** Where a ticket stands or belongs. Exact, since no two are equal. */
export function indexOf<T extends Waiting>(tickets: readonly Ticket<T>[], ticket: Ticket<T>): number {
  let low = 0
  let high = tickets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = tickets[middle]
    if (other !== undefined && compareTurn(other, ticket) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Earliest deadline, then first come. */
function compareTurn<T extends Waiting>(one: Ticket<T>, other: Ticket<T>): number {
  const deadline = one.entry.deadline ?? Infinity
  const otherDeadline = other.entry.deadline ?? Infinity
  return deadline === otherDeadline ? compareArrival(one, other) : deadline - otherDeadline
}

/** One that came back keeps the time at which it first came. */
function compareArrival<T extends Waiting>(one: Ticket<T>, other: Ticket<T>): number {
  return one.entry.queuedAt - other.entry.queuedAt || one.order - other.order
}
