import type { HistorySettings } from '../config/snapshot.ts'
import type { HistoryStore } from './port.ts'
import { FINER_KEPT_MS } from './series-roll-up.ts'

export interface HistoryKeeperOptions {
  readonly store: Pick<HistoryStore, 'trim'>
  readonly settings: () => HistorySettings
  /** How many rows were written so far: without new ones it is looked at less often. */
  readonly written: () => number
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  /** What went wrong; it is tried again. */
  readonly onError: (error: unknown) => void
}

const TRIM_EVERY_MS = 60_000
/** Turns without a new row after which it is looked at all the same. */
const QUIET_TURNS = 60
/** Goes in one turn: a store has something else to do. */
const MOST_ROUNDS = 200

/** Forgets rows that are too old or too many, from now on. Returns the way to stop. */
export function keepHistory({ store, settings, written, now, every, onError }: HistoryKeeperOptions): () => void {
  let running = false
  const stopping = new AbortController()
  const trim = async () => {
    const { enabled, keepMs, maximumRows, keepUsageMs, content } = settings()
    if (running || !enabled) return
    running = true
    try {
      for (let round = 0; round < MOST_ROUNDS && !stopping.signal.aborted; round += 1) {
        const time = now()
        const finerBefore = { minute: time - FINER_KEPT_MS.minute, quarter: time - FINER_KEPT_MS.quarter }
        const usageBefore = time - keepUsageMs
        const contentBefore = time - content.keepMs
        const { more } = await store.trim({ before: time - keepMs, maximumRows, usageBefore, finerBefore, contentBefore })
        if (!more) break
      }
    } catch (error) {
      onError(error)
    } finally {
      running = false
    }
  }
  let quiet = 0
  let seen = 0
  const stop = every(TRIM_EVERY_MS, () => {
    quiet = written() === seen ? quiet + 1 : 0
    seen = written()
    if (quiet % QUIET_TURNS === 0) void trim()
  })
  return () => {
    stopping.abort()
    stop()
  }
}
