/** Wakes those who wait for a condition whenever something has happened. */
export interface Watchers {
  /** Resolves once `holds` is true: at once, or after an event. Rejects after `timeoutMs` with `describe()`. */
  wait(holds: () => boolean, timeoutMs: number, describe: () => string): Promise<void>
  wake(): void
}

interface Watcher {
  readonly holds: () => boolean
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

export function createWatchers(): Watchers {
  const watchers = new Set<Watcher>()
  return {
    async wait(holds, timeoutMs, describe) {
      if (holds()) return
      await new Promise<void>((resolve, reject) => {
        const leave = (settle: () => void) => {
          clearTimeout(timer)
          watchers.delete(watcher)
          settle()
        }
        const timer = setTimeout(() => leave(() => reject(new Error(`Waited ${timeoutMs} ms in vain; ${describe()}`))), timeoutMs)
        const watcher: Watcher = { holds, resolve: () => leave(resolve), reject: (reason) => leave(() => reject(reason)) }
        watchers.add(watcher)
      })
    },
    wake() {
      for (const watcher of watchers) {
        // What a predicate throws belongs to who waits, not to the request that woke it.
        try {
          if (watcher.holds()) watcher.resolve()
        } catch (error) {
          watcher.reject(error)
        }
      }
    },
  }
}
