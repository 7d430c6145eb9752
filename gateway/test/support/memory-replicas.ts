import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store, Write } from '../../src/store/port.ts'
import { StoreError } from '../../src/store/store-error.ts'

export interface Replicas {
  /** The store as one more process sees it; what is to happen before each of its commits. */
  open(beforeCommit?: () => Promise<unknown>): Store
  /** From now on each commit fails so, before or after it is done; undefined: none does. */
  failWith(fault: Fault | undefined): void
  /** Everything that was ever written, as text. */
  written(): string
  readonly store: Store
}

export interface Fault {
  readonly kind: StoreError['kind']
  /** `after`: it is there although the writer was told that it is not. */
  readonly when: 'before' | 'after'
  /** Commits that still succeed. */
  readonly spare?: number
}

/** One store in memory for several processes: a commit of one is told to the others. */
export function memoryReplicas(): Replicas {
  const store = new MemoryStore()
  const listeners = new Map<object, Set<() => void>>()
  const writes: Write[] = []
  let fault: (Fault & { spare: number }) | undefined

  async function commit(who: object, given: readonly Write[]): Promise<number> {
    const failing = fault !== undefined && fault.spare <= 0 ? fault : undefined
    if (fault !== undefined) fault.spare -= 1
    if (failing?.when === 'before') throw new StoreError(failing.kind, 'the store failed')
    const revision = await store.commit(given)
    writes.push(...given)
    for (const [other, calls] of listeners) if (other !== who) for (const call of calls) call()
    if (failing !== undefined) throw new StoreError(failing.kind, 'the store failed')
    return revision
  }

  return {
    store,
    failWith: (next) => {
      fault = next === undefined ? undefined : { spare: 0, ...next }
    },
    written: () => JSON.stringify(writes),
    open(beforeCommit) {
      const who = {}
      const calls = new Set<() => void>()
      listeners.set(who, calls)
      return {
        kind: 'memory',
        async commit(given) {
          await beforeCommit?.()
          return commit(who, given)
        },
        get: (collection, id) => store.get(collection, id),
        list: (collection, query) => store.list(collection, query),
        read: (log, query) => store.read(log, query),
        extent: (log) => store.extent(log),
        counters: (prefix) => store.counters(prefix),
        contents: () => store.contents(),
        check: () => store.check(),
        onChange(listener) {
          calls.add(listener)
          return () => calls.delete(listener)
        },
        close: async () => {},
      }
    },
  }
}
