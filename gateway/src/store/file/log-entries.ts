import { StoreError } from '../store-error.ts'
import type { Store } from '../port.ts'
import type { PreparedWrite } from '../prepare.ts'
import type { LogHead, KeptEntry, LogEffect, StoreState } from '../store-state.ts'
import type { Segment, SegmentEntry, Segments } from './segments.ts'

/** Finds a hash that a trim needs; made before anything is changed. */
export type HashAt = (log: string, sequence: number) => string

/** The entries of all logs: those since the last checkpoint in memory, the others in segments. */
export class LogEntries {
  readonly #segments: Segments
  readonly #tails = new Map<string, KeptEntry[]>()
  #byLog: Map<string, readonly Segment[]>

  constructor(segments: Segments, byLog: Map<string, readonly Segment[]>) {
    this.#segments = segments
    this.#byLog = byLog
  }

  add(effects: readonly LogEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'append') continue
      const { entry } = effect
      const tail = this.#tails.get(entry.log)
      if (tail === undefined) this.#tails.set(entry.log, [entry])
      else tail.push(entry)
    }
  }

  /** Reads what the trims among these writes need. */
  async hashesFor(writes: readonly PreparedWrite[]): Promise<HashAt> {
    const known = new Map<string, string>()
    for (const write of writes) {
      if (write.kind !== 'trim') continue
      const segment = this.#byLog.get(write.log)?.find(({ first, last }) => first <= write.through && write.through <= last)
      if (segment === undefined) continue
      const entry = (await this.#segments.read(segment)).find(({ sequence }) => sequence === write.through)
      if (entry !== undefined) known.set(`${write.through} ${write.log}`, entry.hash)
    }
    return (log, sequence) => {
      const hash = known.get(`${sequence} ${log}`) ?? this.#tails.get(log)?.find((entry) => entry.sequence === sequence)?.hash
      if (hash === undefined) throw new StoreError('damaged', `The log ${log} has no entry ${sequence}`)
      return hash
    }
  }

  async read(log: string, { first, last }: LogHead, query: Parameters<Store['read']>[1]): Promise<readonly SegmentEntry[]> {
    const forward = 'after' in query
    const from = forward ? Math.max(first, query.after + 1) : Math.max(first, Math.min(last + 1, query.before) - query.limit)
    const to = forward ? Math.min(last, from + query.limit - 1) : Math.min(last, query.before - 1)
    if (to < from) return []
    const found: SegmentEntry[] = []
    for (const segment of this.#byLog.get(log) ?? []) {
      if (segment.last < from || segment.first > to) continue
      found.push(...(await this.#segments.read(segment)))
    }
    found.push(...(this.#tails.get(log) ?? []))
    const wanted = found.filter(({ sequence }) => from <= sequence && sequence <= to)
    return forward ? wanted : wanted.toReversed()
  }

  /** Writes what is in memory to segments and says which there are then; `settle` once a checkpoint names them. */
  async flush(state: StoreState): Promise<Map<string, readonly Segment[]>> {
    const flushed = new Map<string, readonly Segment[]>()
    for (const log of state.logs.keys()) {
      const { first } = state.head(log)
      const kept = (this.#byLog.get(log) ?? []).filter(({ last }) => last >= first)
      const tail = (this.#tails.get(log) ?? []).filter(({ sequence }) => sequence >= first)
      flushed.set(log, await this.#segments.append(log, kept, tail))
    }
    return flushed
  }

  settle(flushed: Map<string, readonly Segment[]>): void {
    this.#byLog = flushed
    this.#tails.clear()
  }
}
