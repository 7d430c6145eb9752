import type { Body, Store, Stored, Write } from '../../store/port.ts'
import { StoreError } from '../../store/store-error.ts'
import { AccessProblem } from './access-problem.ts'

/** One document for each collection, written with every change of it: what it says when another process has changed something. */
const STAMPS = 'stamps'
/** Times that a change is decided anew because another process was faster. */
const MOST_TRIES = 5

export interface FollowedOptions<Content> {
  readonly store: Store
  readonly collection: string
  /** Undefined for what is no such document; it is left where it is. */
  readonly read: (body: Body, id: string) => Content | undefined
  /** In force from here on. */
  readonly onItems: (items: ReadonlyMap<string, Stored<Content>>) => void
  readonly onUnreadable?: ((id: string) => void) | undefined
  /** Of each document that is another than before; not of those that are there at the start. */
  readonly onChanged?: ((id: string, what: DocumentChange) => void) | undefined
}

export type DocumentChange = 'created' | 'changed' | 'removed'

/** What a change writes: documents of this collection, and whatever belongs to it. */
export interface Change {
  readonly put?: readonly { readonly id: string; readonly body: Body }[]
  readonly remove?: readonly string[]
  /** The audit's entry, say. */
  readonly also: readonly Write[]
}

/**
 * A collection of the store that is held in memory as a whole. Changes are decided one after another on what is really
 * there: when another process was faster, they are decided anew. So a name is given once, and no update is lost.
 */
export class Followed<Content> {
  readonly #options: FollowedOptions<Content>
  #items: ReadonlyMap<string, Stored<Content>> = new Map()
  #stamp = -1
  #isKnown = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: FollowedOptions<Content>) {
    this.#options = options
  }

  get items(): ReadonlyMap<string, Stored<Content>> {
    return this.#items
  }

  /** Whether anything was ever written. */
  get wasWritten(): boolean {
    return this.#stamp > 0
  }

  /** Reads what another process may have changed; costs one document where nothing has. Throws a StoreError. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh())
  }

  /** Throws an AccessProblem or a StoreError, and nothing has changed; it is in force when this is fulfilled. `decide` throws to refuse. */
  change<Result>(
    decide: () => { readonly change: Change; readonly result: Result },
  ): Promise<{ readonly revision: number; readonly result: Result }> {
    return this.#inTurn(async () => {
      for (let tries = 1; ; tries += 1) {
        const { change, result } = decide()
        try {
          return { revision: await this.#commit(change), result }
        } catch (error) {
          if (!(error instanceof StoreError) || error.kind !== 'conflict') throw error
          if (tries === MOST_TRIES) throw new AccessProblem('conflict', 'It is being changed by others at the same time')
          await this.#refresh()
        }
      }
    })
  }

  async #commit({ put = [], remove = [], also }: Change): Promise<number> {
    const { store, collection } = this.#options
    const revision = await store.commit([
      { kind: 'put', collection: STAMPS, id: collection, body: {}, expect: Math.max(0, this.#stamp) },
      ...put.map((document) => ({ kind: 'put', collection, ...document }) as const),
      ...remove.map((id) => ({ kind: 'delete', collection, id }) as const),
      ...also,
    ])
    this.#stamp = revision
    const items = new Map(this.#items)
    for (const { id, body } of put) this.#take(items, { id, revision, body })
    for (const id of remove) items.delete(id)
    this.#setItems(items)
    return revision
  }

  async #refresh(): Promise<void> {
    const { store, collection } = this.#options
    // Before the list: what is written between the two is read again, rather than missed.
    const stamp = (await store.get(STAMPS, collection))?.revision ?? 0
    if (stamp === this.#stamp) return
    const items = new Map<string, Stored<Content>>()
    for (const stored of await store.list(collection)) {
      const known = this.#items.get(stored.id)
      // What was not written since stays the same object, and whatever was made of it.
      if (known?.revision === stored.revision) items.set(stored.id, known)
      else this.#take(items, stored)
    }
    this.#stamp = stamp
    this.#setItems(items)
  }

  #take(items: Map<string, Stored<Content>>, { id, revision, body }: Stored): void {
    const content = this.#options.read(body, id)
    if (content === undefined) this.#options.onUnreadable?.(id)
    else items.set(id, { id, revision, body: content })
  }

  #setItems(items: ReadonlyMap<string, Stored<Content>>): void {
    const before = this.#items
    const { onItems, onChanged } = this.#options
    this.#items = items
    onItems(items)
    if (onChanged !== undefined && this.#isKnown) for (const [id, what] of changesOf(before, items)) onChanged(id, what)
    this.#isKnown = true
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(task, task)
    this.#last = done.catch(() => undefined)
    return done
  }
}

function* changesOf(
  before: ReadonlyMap<string, { readonly revision: number }>,
  after: ReadonlyMap<string, { readonly revision: number }>,
): Generator<readonly [id: string, what: DocumentChange]> {
  for (const [id, { revision }] of after) {
    const known = before.get(id)
    if (known === undefined) yield [id, 'created']
    else if (known.revision !== revision) yield [id, 'changed']
  }
  for (const id of before.keys()) if (!after.has(id)) yield [id, 'removed']
}
