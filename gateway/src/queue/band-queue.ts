import { liftTo, type AttainedService } from './attained-service.ts'
import type { QueueLimits, Waiting } from './fair-queue.ts'
import { indexOf, isAtMost, isBefore, levelOfFlow, newestOf, shareOf, type Flow, type Ticket } from './flow.ts'

type Fits<T> = (entry: T) => boolean

/**
 * Those who wait in one band: whose turn it is among its flows, and who gives way when there are too many. Each call
 * looks at every flow of the band once at most; an entry is found in its flow by halving.
 */
export class BandQueue<T extends Waiting> {
  readonly #service: AttainedService
  /** A flow that has waited longer without being served goes next. */
  readonly #starvedAfterMs: number
  readonly #flows = new Map<string, Flow<T>>()
  /** The flow that emptied the band: its level is where a newcomer to an empty band starts. */
  #last: Flow<T> | undefined
  #size = 0
  #turns = 0
  #waitingSince = 0
  /** The last one taken was of a starving flow. */
  #rescued = false

  constructor(service: AttainedService, starvedAfterMs: number) {
    this.#service = service
    this.#starvedAfterMs = starvedAfterMs
  }

  get size(): number {
    return this.#size
  }

  /** How much longer than it should the band has waited without being served; 0 or less: not starving. Of an empty one it says nothing. */
  overdueMs(now: number): number {
    return now - this.#waitingSince - this.#starvedAfterMs
  }

  add(ticket: Ticket<T>): void {
    const { entry } = ticket
    const flow = this.#flows.get(entry.flow) ?? this.#enter(entry)
    flow.weight = entry.weight
    flow.bytes += entry.bytes
    flow.tickets.splice(indexOf(flow.tickets, ticket), 0, ticket)
    if (this.#size === 0) this.#waitingSince = entry.queuedAt
    this.#size += 1
  }

  remove(ticket: Ticket<T>): void {
    const flow = this.#flows.get(ticket.entry.flow)
    if (flow !== undefined) this.#leave(flow, ticket)
  }

  /**
   * Takes out the next that fits. A starving flow, the one unserved longest, goes first, but not twice in a row: where
   * every flow waits longer than it should, half the turns still go by service and weight.
   */
  take(now: number, fits: Fits<T>): T | undefined {
    const starved = this.#rescued ? undefined : this.#nextStarved(now, fits)
    const next = starved ?? firstFitting(this.#flows.values(), isBefore, fits)
    if (next === undefined) return undefined
    const { flow, ticket } = next
    this.#rescued = starved !== undefined
    flow.waitingSince = now
    flow.turn = this.#nextTurn()
    this.#waitingSince = now
    this.#leave(flow, ticket)
    return ticket.entry
  }

  /**
   * How many are served before this one, if from now on flows are served in turn, as often as their weights say, and
   * those behind in service begin: no account is taken of how much each is behind, of who fits, or of starvation.
   */
  countBefore(ticket: Ticket<T>): number {
    const flow = this.#flows.get(ticket.entry.flow)
    return flow === undefined ? 0 : this.#countBefore(flow, indexOf(flow.tickets, ticket))
  }

  /** The same for one that would come now, without a deadline. */
  countBeforeNewcomer({ flow: name, weight }: Pick<Waiting, 'flow' | 'weight'>): number {
    const flow = this.#flows.get(name)
    if (flow !== undefined) return this.#countBefore(flow, flow.tickets.length)
    const level = Math.max(this.#service.levelOf(name, weight), this.#leastLevel())
    let before = 0
    for (const other of this.#flows.values()) if (isAtMost(levelOfFlow(other), level)) before += 1
    return before
  }

  /** The one that came last. */
  newest(): Ticket<T> | undefined {
    let newest: Ticket<T> | undefined
    for (const { tickets } of this.#flows.values()) newest = newestOf(tickets, newest)
    return newest
  }

  /**
   * The newest of the flow that holds the greatest share of the limits for its weight, if that is more than the
   * newcomer's flow would hold: else who sends ten times as much has ten times the places, and the turns are fair
   * among those only whom it left any.
   */
  newestOfGreediest(newcomer: Waiting, limits: QueueLimits): Ticket<T> | undefined {
    const { flow: name, weight, bytes } = newcomer
    const own = this.#flows.get(name)
    let greatest = shareOf({ size: (own?.tickets.length ?? 0) + 1, bytes: (own?.bytes ?? 0) + bytes, weight }, limits)
    let greediest: Flow<T> | undefined
    for (const flow of this.#flows.values()) {
      if (flow === own) continue
      const share = shareOf({ size: flow.tickets.length, bytes: flow.bytes, weight: flow.weight }, limits)
      if (share <= greatest) continue
      greatest = share
      greediest = flow
    }
    return greediest === undefined ? undefined : newestOf(greediest.tickets, undefined)
  }

  #enter({ flow: name, weight, queuedAt }: T): Flow<T> {
    const account = this.#service.hold(name)
    liftTo(account, this.#leastLevel(), weight)
    const flow: Flow<T> = { name, account, weight, bytes: 0, waitingSince: queuedAt, turn: this.#nextTurn(), tickets: [] }
    this.#flows.set(name, flow)
    return flow
  }

  #leave(flow: Flow<T>, ticket: Ticket<T>): void {
    flow.tickets.splice(indexOf(flow.tickets, ticket), 1)
    flow.bytes -= ticket.entry.bytes
    this.#size -= 1
    if (flow.tickets.length > 0) return
    this.#flows.delete(flow.name)
    this.#service.release(flow.account)
    this.#last = flow
  }

  #nextTurn(): number {
    this.#turns += 1
    return this.#turns
  }

  #leastLevel(): number {
    if (this.#flows.size === 0) return this.#last === undefined ? -Infinity : levelOfFlow(this.#last)
    let least = Infinity
    for (const flow of this.#flows.values()) least = Math.min(least, levelOfFlow(flow))
    return least
  }

  #nextStarved(now: number, fits: Fits<T>): Next<T> | undefined {
    const starving = [...this.#flows.values()].filter(({ waitingSince }) => now - waitingSince > this.#starvedAfterMs)
    return firstFitting(starving, (one, other) => one.waitingSince < other.waitingSince, fits)
  }

  #countBefore(flow: Flow<T>, index: number): number {
    let before = index
    for (const other of this.#flows.values()) {
      if (other === flow) continue
      const turns = Math.floor((index * other.weight) / flow.weight) + (isBefore(other, flow) ? 1 : 0)
      before += Math.min(turns, other.tickets.length)
    }
    return before
  }
}

interface Next<T extends Waiting> {
  readonly flow: Flow<T>
  readonly ticket: Ticket<T>
}

/** The first fitting one of the foremost flow that has any: nobody waits for a place that only one before it needs. */
function firstFitting<T extends Waiting>(
  flows: Iterable<Flow<T>>,
  isBefore: (one: Flow<T>, other: Flow<T>) => boolean,
  fits: Fits<T>,
): Next<T> | undefined {
  let first: Next<T> | undefined
  for (const flow of flows) {
    if (first !== undefined && !isBefore(flow, first.flow)) continue
    const ticket = flow.tickets.find(({ entry }) => fits(entry))
    if (ticket !== undefined) first = { flow, ticket }
  }
  return first
}
