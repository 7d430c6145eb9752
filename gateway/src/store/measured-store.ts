import type { Store } from './port.ts'
import { StoreError } from './store-error.ts'

/** What is told of each operation. `code`: why it failed; undefined: it went well. */
export type NoteOperation = (operation: string, milliseconds: number, code: string | undefined) => void

/** A store whose operations are timed. `now` is monotonic milliseconds. */
export function measuredStore(store: Store, { note, now }: { readonly note: NoteOperation; readonly now: () => number }): Store {
  const timed = async <Result>(operation: string, act: () => Promise<Result>): Promise<Result> => {
    const from = now()
    let code: string | undefined
    try {
      return await act()
    } catch (error) {
      code = error instanceof StoreError ? error.kind : 'internal'
      throw error
    } finally {
      note(operation, now() - from, code)
    }
  }
  return {
    kind: store.kind,
    commit: (writes) => timed('commit', () => store.commit(writes)),
    get: (collection, id) => timed('get', () => store.get(collection, id)),
    list: (collection, query) => timed('list', () => store.list(collection, query)),
    read: (log, query) => timed('read', () => store.read(log, query)),
    extent: (log) => timed('extent', () => store.extent(log)),
    counters: (prefix) => timed('counters', () => store.counters(prefix)),
    contents: () => timed('contents', () => store.contents()),
    check: () => timed('check', () => store.check()),
    onChange: (listener) => store.onChange(listener),
    close: () => store.close(),
  }
}
