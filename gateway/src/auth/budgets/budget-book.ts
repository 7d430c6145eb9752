import type { BudgetAsk, BudgetCharge, BudgetLook, BudgetOutcome, BudgetPort, BudgetUse } from '../../budget/budget-port.ts'
import { Ledger, type LedgerOptions, type Reservation } from '../../budget/ledger.ts'
import { staleCounters } from '../../budget/stale-counters.ts'
import { spentOf } from '../../budget/account.ts'
import type { Store } from '../../store/port.ts'

/** Of all counters of budgets. */
const PREFIX = 'budget/'
/** How long what is only a correction may wait for others. */
const FLUSH_MS = 250
/** After a failed write. */
const RETRY_MS = 1_000
/** A request does not wait longer for the store. */
const LONGEST_WAIT_MS = 250
const SWEEP_MS = 86_400_000

export interface BudgetBookOptions extends LedgerOptions {
  readonly store: Store
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  /** The store could not be read or written, or can be again. */
  readonly onStore?: ((error: unknown) => void) | undefined
}

/**
 * The budgets of this process: decided in memory, written off the path of requests, in batches, ahead of what is spent.
 * A request waits only where more would be spent than the store knows of, and never for a store that is out of order.
 */
export class BudgetBook implements BudgetPort {
  readonly ledger: Ledger
  readonly #options: BudgetBookOptions
  /** One after another: what is read between two writes is what they left. */
  #last: Promise<unknown> = Promise.resolve()
  #queued: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  /** The last write failed, or one takes too long: nobody waits for the next. */
  #failing = false
  #stopped = false
  #sweptAt: number | undefined

  constructor(options: BudgetBookOptions) {
    this.ledger = new Ledger(options)
    this.#options = options
  }

  get active(): boolean {
    return this.ledger.active
  }

  /** To be awaited before the first request. Throws a StoreError. */
  async load(): Promise<void> {
    await this.#inTurn(async () => {
      const wallClock = this.#options.wallClock()
      const counters = await this.#options.store.counters(PREFIX)
      this.ledger.counted(counters, wallClock, true)
      // So that nobody has to ask again soon where there is nothing.
      if (counters.size === 0) this.#sweptAt = wallClock
    })
  }

  /** Others may have spent something. */
  async refresh(): Promise<void> {
    try {
      await this.#inTurn(async () => this.ledger.counted(await this.#options.store.counters(PREFIX), this.#options.wallClock()))
    } catch (error) {
      this.#options.onStore?.(error)
    }
  }

  reserve(ask: BudgetAsk): BudgetCharge | undefined {
    const reservation = this.ledger.reserve(ask, this.#options.wallClock())
    if (reservation === undefined) return undefined
    const safe = this.ledger.isCovered(reservation) ? undefined : this.#safeSoon()
    if (safe === undefined && this.ledger.needsWrite(reservation)) this.#writeSoon()
    return new Charge(reservation, safe, (outcome, answeredBy) => {
      this.ledger.settle(reservation, answeredBy, outcome)
      if (this.ledger.needsWrite(reservation)) this.#writeSoon()
    })
  }

  look(ask: BudgetAsk): BudgetLook {
    return this.ledger.look(ask, this.#options.wallClock())
  }

  *uses(): Iterable<BudgetUse> {
    const wallClock = this.#options.wallClock()
    for (const budget of this.ledger.budgets.values()) {
      const spent = spentOf(this.ledger.accountOf(budget, wallClock).vector)
      yield { id: budget.id, share: budget.amount === 0 ? 1 : spent / budget.amount, refusals: this.ledger.refusalsOf(budget.id) }
    }
  }

  /** Forgets counters that nobody looks at any more; does something once a day. Throws a StoreError. */
  async sweep(): Promise<void> {
    const wallClock = this.#options.wallClock()
    if (this.#sweptAt !== undefined && wallClock - this.#sweptAt < SWEEP_MS) return
    await this.#inTurn(async () => {
      const { store } = this.#options
      const names = (await store.counters(PREFIX)).keys()
      const stale = staleCounters(names, new Set(this.ledger.budgets.keys()), wallClock)
      if (stale.length > 0) await store.commit(stale.map((prefix) => ({ kind: 'drop-counters', prefix })))
      this.#sweptAt = wallClock
    })
  }

  /** Writes exactly what was spent. Rejects where the store does not take it. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#inTurn(() => this.#write(true))
  }

  #writeSoon(): void {
    if (this.#timer !== undefined || this.#stopped) return
    this.#timer = setTimeout(() => void this.#flush(), this.#failing ? RETRY_MS : FLUSH_MS)
    this.#timer.unref()
  }

  #safeSoon(): Promise<void> | undefined {
    if (this.#failing) return undefined
    return withinTime(this.#flush(), () => {
      this.#failing = true
    })
  }

  /** All that asks for it in one turn of the loop, and while another write is under way, is written together. Never rejects. */
  #flush(): Promise<void> {
    if (this.#queued !== undefined) return this.#queued
    const flushed = this.#inTurn(async () => {
      await new Promise(setImmediate)
      this.#queued = undefined
      clearTimeout(this.#timer)
      this.#timer = undefined
      await this.#write(false)
    }).then(
      () => this.#stored(undefined),
      (error: unknown) => this.#stored(error),
    )
    this.#queued = flushed
    return flushed
  }

  async #write(exact: boolean): Promise<void> {
    const claims = this.ledger.claims(exact)
    if (claims.length === 0) return
    await this.#options.store.commit(claims.map(({ account, amount }) => ({ kind: 'add', counter: account.counter, amount })))
    this.ledger.written(claims)
  }

  #stored(error: unknown): void {
    const failed = error !== undefined
    if (failed !== this.#failing || failed) this.#options.onStore?.(error)
    this.#failing = failed
    if (this.ledger.claims().length > 0) this.#writeSoon()
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task, task)
    this.#last = done.catch(() => undefined)
    return done
  }
}

class Charge implements BudgetCharge {
  readonly safe: Promise<void> | undefined
  #answeredBy: string
  #settle: ((outcome: BudgetOutcome, answeredBy: string) => void) | undefined

  constructor(reservation: Reservation, safe: Promise<void> | undefined, settle: (outcome: BudgetOutcome, answeredBy: string) => void) {
    this.safe = safe
    this.#answeredBy = reservation.model
    this.#settle = settle
  }

  answeredBy(model: string): void {
    this.#answeredBy = model
  }

  settle(outcome: BudgetOutcome): void {
    this.#settle?.(outcome, this.#answeredBy)
    this.#settle = undefined
  }
}

function withinTime(done: Promise<void>, onLate: () => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      onLate()
      resolve()
    }, LONGEST_WAIT_MS)
    const over = () => {
      clearTimeout(timer)
      resolve()
    }
    done.then(over, over)
  })
}
