import { SERIES_SUMS } from '@jairouter/contract/management/series-names'
import type { HistoryStore } from '../history/port.ts'
import { noSeries, SERIES_STEP_MS } from '../history/series-roll-up.ts'
import { ratesOf, type Rates } from '../telemetry/rate-ring.ts'
import { countsOf } from './series/tally.ts'

const DAY_MS = SERIES_STEP_MS.day
/** Who asks is told nothing older than this; who looks on, nothing much older than that. */
const FRESH_MS = 10_000
const LOOKED_ON_MS = 60_000

export interface DayRatesOptions {
  readonly history: Pick<HistoryStore, 'series'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** The history could not be asked. */
  readonly onError: (error: unknown) => void
}

/** What the last day was like, to quarters of an hour; asked anew now and then, while somebody looks. */
export class DayRates {
  readonly #options: DayRatesOptions
  #known: Rates | undefined
  #askedAt = -Infinity
  #asking: Promise<void> | undefined

  constructor(options: DayRatesOptions) {
    this.#options = options
  }

  /** As it was known last; undefined: not yet. */
  value(): Rates | undefined {
    if (this.#options.now() - this.#askedAt >= LOOKED_ON_MS) void this.#ask()
    return this.#known
  }

  /** Never rejects. */
  async refresh(): Promise<void> {
    if (this.#options.now() - this.#askedAt >= FRESH_MS || this.#asking !== undefined) await this.#ask()
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#askNow().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #askNow(): Promise<void> {
    const { history, now, onError } = this.#options
    this.#askedAt = now()
    const step = SERIES_STEP_MS.quarter
    const from = Math.ceil((this.#askedAt - DAY_MS) / step) * step
    try {
      const [all] = await history.series({
        by: [],
        of: 'quarter',
        from,
        to: this.#askedAt + step,
        only: {},
        sums: SERIES_SUMS,
        times: true,
        limit: 1,
      })
      const { sums, times } = all ?? { sums: noSeries(), times: [] }
      this.#known = ratesOf({
        requests: sums.requests,
        errors: {
          client: sums.client,
          limited: sums.limited,
          left: sums.left,
          upstream: sums.upstream,
          timeout: sums.timeout,
          unavailable: sums.unavailable,
          internal: sums.internal,
        },
        judged: sums.judged,
        succeeded: sums.succeeded,
        promptTokens: sums.in,
        completionTokens: sums.out,
        durations: countsOf(times, 1),
        firstBytes: countsOf(times, 2),
        seconds: (this.#askedAt - from) / 1_000,
      })
    } catch (error) {
      onError(error)
    }
  }
}
