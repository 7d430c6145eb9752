import { BANDS, type Band } from '@jairouter/contract/names'
import { AttainedService } from './attained-service.ts'
import { BandQueue } from './band-queue.ts'
import { DrainRate } from './drain-rate.ts'
import type { Ticket } from './flow.ts'

/** A band, and a flow in it, that has waited longer without being served goes next. */
const STARVED_AFTER_MS: Readonly<Record<Band, number>> = { system: 30_000, interactive: 5_000, default: 30_000, batch: 30_000 }

/** What waits; none of this may change meanwhile. */
export interface Waiting {
  readonly band: Band
  /** Tenant: the API key's name, or the client's address. */
  readonly flow: string
  /** > 0: how much service the flow is due, relative to the others'. */
  readonly weight: number
  readonly bytes: number
  /** Monotonic milliseconds; undefined: no deadline of its own. Who is past it is not dropped here. */
  readonly deadline: number | undefined
  /** Monotonic milliseconds. One that is pushed again keeps its first. */
  readonly queuedAt: number
}

/** For each band; in all, four times as much. A band holds more only where it has displaced as many from lower bands. */
export interface QueueLimits {
  readonly size: number
  readonly bytes: number
}

/**
 * Those who wait for a place at a backend: bounded, fair among tenants, aware of deadlines. It has no clock: `now` is
 * monotonic milliseconds. Only what has to wait should be pushed, or the drain rate looks better than it is.
 *
 * Who is next: the highest band; in it the flow that has had the least service for its weight; in that the earliest
 * deadline, then first come. Against starvation, a lower band that has not been served for 30 s (interactive: 5 s),
 * though somebody waits there, has one turn, but never two such turns in a row: the age of a head would not do, since
 * under lasting overload every head is old, and the bands would mean nothing just then. The same holds for the flows
 * of a band.
 */
export class FairQueue<T extends Waiting> {
  readonly #limits: QueueLimits
  readonly #service = new AttainedService()
  readonly #drain = new DrainRate()
  readonly #bands: Readonly<Record<Band, BandQueue<T>>>
  /** What is taken of each band's limits, by whomever. */
  readonly #used: Readonly<Record<Band, { size: number; bytes: number }>>
  readonly #tickets = new Map<T, Ticket<T>>()
  #order = 0
  /** The last one taken was of a starving band, before its turn. */
  #rescued = false

  constructor(limits: QueueLimits) {
    this.#limits = limits
    this.#bands = forEachBand((band) => new BandQueue<T>(this.#service, STARVED_AFTER_MS[band]))
    this.#used = forEachBand(() => ({ size: 0, bytes: 0 }))
  }

  get size(): number {
    return this.#tickets.size
  }

  /** Of all that wait. */
  get bytes(): number {
    return BANDS.reduce((sum, band) => sum + this.#used[band].bytes, 0)
  }

  /** Tenants whose service is remembered: those who wait, and of the others as many as make 10,000 in all. */
  get knownFlows(): number {
    return this.#service.size
  }

  /**
   * Where the band is full, one leaves for the newcomer and is handed back: the newest of the lowest band below, or
   * where nobody waits below, the newest of the flow of the same band that holds the most, if the newcomer's would not
   * hold as much. `full`: there is none such, or it would not make room enough. Throws if the entry waits already.
   */
  push(entry: T, now: number): { readonly kind: 'queued'; readonly displaced: T | undefined } | { readonly kind: 'full' } {
    if (this.#tickets.has(entry)) throw new Error('Expected an entry that does not wait yet')
    if (this.#hasRoom(entry.band, entry.bytes)) {
      this.#add(entry, entry.band)
      this.#drain.begin(now)
      return { kind: 'queued', displaced: undefined }
    }
    const victim = this.#victimOf(entry)
    if (victim === undefined) return { kind: 'full' }
    // Never empties the queue, as `remove` would: the drain goes on.
    this.#leave(victim)
    this.#bands[victim.entry.band].remove(victim)
    this.#add(entry, victim.place)
    return { kind: 'queued', displaced: victim.entry }
  }

  /**
   * Takes out whose turn it is; undefined when empty or when `fits` refuses all. `fits` tells whether an entry could
   * run now (its instances have room): those that do not are passed over without losing their place. It is asked of
   * each entry twice at most, and of most of them when few fit, so it should be cheap.
   */
  next(now: number, fits: (entry: T) => boolean): T | undefined {
    const starving = this.#rescued ? [] : this.#starving(now)
    for (const band of new Set([...starving, ...BANDS])) {
      const entry = this.#bands[band].take(now, fits)
      if (entry === undefined) continue
      this.#rescued = starving.includes(band) && bandsAbove(band).some((above) => this.#bands[above].size > 0)
      const ticket = this.#tickets.get(entry)
      if (ticket !== undefined) this.#leave(ticket)
      this.#drain.take(now, this.size > 0)
      return entry
    }
    return undefined
  }

  /** The client left. False when it did not wait (any more). */
  remove(entry: T): boolean {
    const ticket = this.#tickets.get(entry)
    if (ticket === undefined) return false
    this.#bands[entry.band].remove(ticket)
    this.#leave(ticket)
    if (this.size === 0) this.#drain.pause()
    return true
  }

  /**
   * 1 = next. An estimate: all of the higher bands come before it, and in its own band flows are served in turn by
   * their weights, those behind in service first (BandQueue.countBefore). Undefined when it does not wait.
   */
  position(entry: T): number | undefined {
    const ticket = this.#tickets.get(entry)
    if (ticket === undefined) return undefined
    return this.#sizeAbove(entry.band) + this.#bands[entry.band].countBefore(ticket) + 1
  }

  /**
   * Charges what a flow has received: uncached prompt + 2 x output tokens. Who charges only at the end of an answer
   * lets a flow take many places before any of it counts: better an estimate when it starts, and the difference, which
   * may be below 0, at the end.
   */
  charge(flow: string, tokens: number, now: number): void {
    this.#service.charge(flow, tokens, now)
  }

  /**
   * How long a newcomer would wait at the rate at which the queue drains; 0 while that is not known. Without a
   * newcomer: at the end of all. With one: at its estimated position, so that a tenant who asks for little is not
   * refused for another's backlog.
   */
  expectedWaitMs(now: number, newcomer?: Pick<Waiting, 'band' | 'flow' | 'weight'>): number {
    const before =
      newcomer === undefined ? this.size : this.#sizeAbove(newcomer.band) + this.#bands[newcomer.band].countBeforeNewcomer(newcomer)
    return (before + 1) * this.#drain.intervalMs(now)
  }

  #hasRoom(place: Band, bytes: number, leaving = { size: 0, bytes: 0 }): boolean {
    const used = this.#used[place]
    return used.size - leaving.size < this.#limits.size && used.bytes - leaving.bytes + bytes <= this.#limits.bytes
  }

  #victimOf(newcomer: T): Ticket<T> | undefined {
    const lowest = BANDS.findLast((band) => this.#bands[band].size > 0 && bandsAbove(band).includes(newcomer.band))
    const victim =
      lowest === undefined ? this.#bands[newcomer.band].newestOfGreediest(newcomer, this.#limits) : this.#bands[lowest].newest()
    if (victim === undefined) return undefined
    return this.#hasRoom(victim.place, newcomer.bytes, { size: 1, bytes: victim.entry.bytes }) ? victim : undefined
  }

  #add(entry: T, place: Band): void {
    const ticket: Ticket<T> = { entry, order: this.#order, place }
    this.#order += 1
    this.#tickets.set(entry, ticket)
    this.#used[place].size += 1
    this.#used[place].bytes += entry.bytes
    this.#bands[entry.band].add(ticket)
  }

  #leave({ entry, place }: Ticket<T>): void {
    this.#tickets.delete(entry)
    this.#used[place].size -= 1
    this.#used[place].bytes -= entry.bytes
  }

  /** Most overdue first. */
  #starving(now: number): Band[] {
    const overdueMs = forEachBand((band) => this.#bands[band].overdueMs(now))
    return BANDS.filter((band) => overdueMs[band] > 0).sort((one, other) => overdueMs[other] - overdueMs[one])
  }

  #sizeAbove(band: Band): number {
    return bandsAbove(band).reduce((sum, above) => sum + this.#bands[above].size, 0)
  }
}

function forEachBand<V>(make: (band: Band) => V): Record<Band, V> {
  return { system: make('system'), interactive: make('interactive'), default: make('default'), batch: make('batch') }
}

function bandsAbove(band: Band): readonly Band[] {
  return BANDS.slice(0, BANDS.indexOf(band))
}
