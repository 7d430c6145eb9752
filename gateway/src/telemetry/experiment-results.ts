import { LOG_HISTOGRAM_SIZE, quantileOf, timeClass } from '../lib/log-histogram.ts'
import type { RequestRecord } from './request-record.ts'

/** What was measured of one group. Durations in milliseconds. */
export interface GroupResults {
  readonly requests: number
  readonly errors: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly firstByteP50Ms: number | undefined
  readonly firstByteP95Ms: number | undefined
}

class Tally {
  requests = 0
  errors = 0
  promptTokens = 0
  completionTokens = 0
  readonly durations = new Uint32Array(LOG_HISTOGRAM_SIZE)
  readonly firstBytes = new Uint32Array(LOG_HISTOGRAM_SIZE)

  add({ status, code, usage, durationMs, firstByteMs }: RequestRecord): void {
    this.requests += 1
    // A stream that broke off has gone out as 200.
    if (status >= 500 || (status === 200 && code !== undefined)) this.errors += 1
    this.promptTokens += usage?.promptTokens ?? 0
    this.completionTokens += usage?.completionTokens ?? 0
    count(this.durations, durationMs)
    if (firstByteMs !== undefined) count(this.firstBytes, firstByteMs)
  }

  results(): GroupResults {
    const { requests, errors, promptTokens, completionTokens, durations, firstBytes } = this
    return {
      requests,
      errors,
      promptTokens,
      completionTokens,
      p50Ms: quantileOf(durations, 0.5),
      p95Ms: quantileOf(durations, 0.95),
      firstByteP50Ms: quantileOf(firstBytes, 0.5),
      firstByteP95Ms: quantileOf(firstBytes, 0.95),
    }
  }
}

function count(counts: Uint32Array, milliseconds: number): void {
  const index = timeClass(milliseconds)
  counts[index] = (counts[index] ?? 0) + 1
}

const EMPTY = new Tally().results()

/** What experiments have shown, by their id, group and kind; kept while the experiment is. */
export class ExperimentResults {
  readonly #tallies = new Map<string, Map<string, Tally>>()
  readonly #since = new Map<string, number>()
  readonly #wallClock: () => number

  /** `wallClock`: epoch milliseconds. */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock
  }

  /** Leaves out who left, and answers that no backend gave. */
  add(record: RequestRecord, kind: 'served' | 'shadow' = 'served'): void {
    const { experiment, status, cache, attempts } = record
    if (experiment === undefined || status === 499 || cache === 'hit' || cache === 'shared' || attempts.length === 0) return
    const { id, group } = experiment
    let groups = this.#tallies.get(id)
    if (groups === undefined) {
      groups = new Map()
      this.#tallies.set(id, groups)
      if (!this.#since.has(id)) this.#since.set(id, this.#wallClock())
    }
    const name = `${kind} ${group}`
    let tally = groups.get(name)
    if (tally === undefined) {
      tally = new Tally()
      groups.set(name, tally)
    }
    tally.add(record)
  }

  of(id: string, group: string, kind: 'served' | 'shadow' = 'served'): GroupResults {
    return this.#tallies.get(id)?.get(`${kind} ${group}`)?.results() ?? EMPTY
  }

  /** When the counting began, epoch milliseconds: with the first request, or at a reset. */
  since(id: string): number | undefined {
    return this.#since.get(id)
  }

  reset(id: string): void {
    this.#tallies.delete(id)
    this.#since.set(id, this.#wallClock())
  }

  /** Another config is in force. */
  retain(ids: ReadonlySet<string>): void {
    for (const table of [this.#tallies, this.#since]) for (const id of table.keys()) if (!ids.has(id)) table.delete(id)
  }
}
