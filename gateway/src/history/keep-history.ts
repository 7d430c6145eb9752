import type { HistorySettings } from '../config/snapshot.ts'
import type { HistoryStore } from './port.ts'

export interface HistoryKeeperOptions {
  readonly store: Pick<HistoryStore, 'trim'>
  readonly settings: () => HistorySettings
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  /** What went wrong; it is tried again. */
  readonly onError: (error: unknown) => void
}

const TRIM_EVERY_MS = 60_000
/** Goes in one turn: a store has something else to do. */
const MOST_ROUNDS = 200

/** Forgets rows that are too old or too many, from now on. Returns the way to stop. */
export function keepHistory({ store, settings, now, every, onError }: HistoryKeeperOptions): () => void {
  let running = false
  let stopped = false
  const trim = async () => {
    const { enabled, keepMs, maximumRows, keepUsageMs } = settings()
    if (running || !enabled) return
    running = true
    try {
      for (let round = 0; round < MOST_ROUNDS && !stopped; round += 1) {
        const { more } = await store.trim({ before: now() - keepMs, maximumRows, usageBefore: now() - keepUsageMs })
        if (!more) break
      }
    } catch (error) {
      onError(error)
    } finally {
      running = false
    }
  }
  const stop = every(TRIM_EVERY_MS, () => void trim())
  return () => {
    stopped = true
    stop()
  }
}
