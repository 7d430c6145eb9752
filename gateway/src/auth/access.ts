import type { Prices } from '@jairouter/contract/prices'
import type { BudgetPort } from '../budget/budget-port.ts'
import type { Budget } from '../budget/budget.ts'
import type { Blocks, KeyRecord, Snapshot } from '../config/snapshot.ts'
import type { Store } from '../store/port.ts'
import { blocksOf, readBlock, type StoredBlock } from './blocks/stored-block.ts'
import { BudgetBook } from './budgets/budget-book.ts'
import { readBudget, toBudget, type StoredBudget } from './budgets/stored-budget.ts'
import { DocumentDesk } from './collection/document-desk.ts'
import { Followed, type DocumentChange } from './collection/followed.ts'
import { KEY_USE, KeyDesk } from './keys/key-desk.ts'
import { KeyUses } from './keys/key-uses.ts'
import { readKey, recordsOf, type StoredKey } from './keys/stored-key.ts'
import { readTeam, type StoredTeam } from './teams/stored-team.ts'

/** How often the last use of keys is written. */
const USE_FLUSH_MS = 30_000
/** After a change elsewhere could not be read. */
const RETRY_MS = 1_000

export interface AccessOptions {
  readonly store: Store
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly randomBytes: (size: number) => Uint8Array
  /** A threshold of a budget was reached: once for each, and period. */
  readonly onWarning?: (budget: Budget, share: number) => void
  /** The store failed in the background; undefined: it works again. */
  readonly onStore?: (error: unknown) => void
  /** Something in the store is not what belongs there; it is left alone. */
  readonly onUnreadable?: (collection: string, id: string) => void
  /** A key, team, budget or block was made, changed or removed: here, or by another process. */
  readonly onChanged?: (collection: string, id: string, what: DocumentChange) => void
}

/** The gateway, as far as it is told who may come in. */
export interface AccessTarget {
  readonly setKeys: (records: ReadonlyMap<string, KeyRecord>) => void
  readonly setBlocks: (blocks: Blocks | undefined) => void
  readonly snapshot: Pick<Snapshot, 'auth' | 'prices' | 'contentRules'>
}

/** Keys, teams, budgets and blocks of the store: where they are changed, and what the gateway knows of them. */
export interface ManagedAccess {
  /** For `createGateway`. */
  readonly forGateway: {
    readonly access: { readonly keys: ReadonlyMap<string, KeyRecord>; readonly blocks: Blocks | undefined; readonly keysWereMade: boolean }
    readonly budgets: BudgetPort
    readonly keyUses: KeyUses
  }
  readonly keys: KeyDesk
  readonly teams: DocumentDesk<StoredTeam>
  readonly budgets: DocumentDesk<StoredBudget>
  readonly blocks: DocumentDesk<StoredBlock>
  readonly collections: {
    readonly keys: Followed<StoredKey>
    readonly teams: Followed<StoredTeam>
    readonly budgets: Followed<StoredBudget>
    readonly blocks: Followed<StoredBlock>
  }
  readonly book: BudgetBook
  /** From here on the gateway is told of every change; changes that are not stored by then are made to wait for nobody. */
  attach(target: AccessTarget): void
  /** Reads what other processes have changed. */
  refresh(): Promise<void>
  /** Writes what is not in the store yet. */
  stop(): Promise<void>
}

/** Reads everything once. Throws a StoreError. */
export async function openAccess(options: AccessOptions): Promise<ManagedAccess> {
  const { store, wallClock } = options
  const uses = new KeyUses()
  let target: AccessTarget | undefined
  const noPrices: Prices = {}
  const book = new BudgetBook({
    store,
    wallClock,
    prices: () => target?.snapshot.prices ?? noPrices,
    onWarning: options.onWarning,
    onStore: options.onStore,
  })
  const collections = openCollections(options, book, () => target)
  await Promise.all(Object.values(collections).map((collection) => collection.refresh()))
  await book.load()
  for (const { id, body } of await store.list(KEY_USE)) uses.learned(id, { time: Number(body['time']), address: String(body['address']) })
  const background = new Background({ store, uses, book, collections, options })
  return {
    forGateway: {
      access: {
        keys: recordsOf(collections.keys.items.values()),
        blocks: blocksOf(bodiesOf(collections.blocks)),
        keysWereMade: collections.keys.wasWritten,
      },
      budgets: book,
      keyUses: uses,
    },
    keys: new KeyDesk({
      keys: collections.keys,
      uses,
      configKeys: () => target?.snapshot.auth.keys ?? new Map(),
      contentRules: () => target?.snapshot.contentRules ?? new Map(),
      wallClock,
      randomBytes: options.randomBytes,
    }),
    ...desksOf(collections, wallClock),
    collections,
    book,
    attach(gateway) {
      target = gateway
      // What was changed between the first reading and now.
      gateway.setKeys(recordsOf(collections.keys.items.values()))
      gateway.setBlocks(blocksOf(bodiesOf(collections.blocks)))
    },
    refresh: () => background.refresh(),
    stop: () => background.stop(),
  }
}

type Collections = ManagedAccess['collections']

function openCollections(
  { store, onUnreadable, onChanged }: AccessOptions,
  book: BudgetBook,
  target: () => AccessTarget | undefined,
): Collections {
  const followed = <Content>(collection: string, more: Pick<ConstructorParameters<typeof Followed<Content>>[0], 'read' | 'onItems'>) =>
    new Followed<Content>({
      store,
      collection,
      onUnreadable: (id) => onUnreadable?.(collection, id),
      onChanged: (id, what) => onChanged?.(collection, id, what),
      ...more,
    })
  return {
    keys: followed('keys', { read: readKey, onItems: (items) => target()?.setKeys(recordsOf(items.values())) }),
    teams: followed('teams', {
      read: readTeam,
      onItems: (items) => book.ledger.setTeams([...items.values()].map(({ id, body }) => ({ id, ...body }))),
    }),
    budgets: followed('budgets', {
      read: readBudget,
      onItems: (items) => book.ledger.setBudgets([...items.values()].map(({ id, body }) => toBudget(id, body))),
    }),
    blocks: followed('blocks', {
      read: readBlock,
      onItems: (items) => target()?.setBlocks(blocksOf([...items.values()].map(({ body }) => body))),
    }),
  }
}

function desksOf({ teams, budgets, blocks }: Collections, wallClock: () => number): Pick<ManagedAccess, 'teams' | 'budgets' | 'blocks'> {
  return {
    teams: new DocumentDesk({ items: teams, noun: 'team', collection: 'teams', wallClock, toBody: (team) => ({ ...team }) }),
    budgets: new DocumentDesk({ items: budgets, noun: 'budget', collection: 'budgets', wallClock, toBody: (budget) => ({ ...budget }) }),
    blocks: new DocumentDesk({ items: blocks, noun: 'block', collection: 'blocks', wallClock, toBody: (block) => ({ ...block }) }),
  }
}

function bodiesOf<Content>(collection: Followed<Content>): readonly Content[] {
  return [...collection.items.values()].map(({ body }) => body)
}

interface BackgroundParts {
  readonly store: Store
  readonly uses: KeyUses
  readonly book: BudgetBook
  readonly collections: Collections
  readonly options: AccessOptions
}

/** What goes on beside requests: changes of other processes, and the last use of keys. */
class Background {
  readonly #parts: BackgroundParts
  readonly #unsubscribe: () => void
  readonly #timer: NodeJS.Timeout
  #refreshing: Promise<void> | undefined
  #again = false
  #retry: NodeJS.Timeout | undefined

  constructor(parts: BackgroundParts) {
    this.#parts = parts
    this.#unsubscribe = parts.store.onChange(() => void this.refresh())
    this.#timer = setInterval(() => void this.#tick(), USE_FLUSH_MS)
    this.#timer.unref()
  }

  /** Never rejects. One at a time: what comes meanwhile is one more. */
  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) {
      this.#again = true
      return this.#refreshing
    }
    this.#refreshing = this.#refreshAll()
    return this.#refreshing
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    clearInterval(this.#timer)
    clearTimeout(this.#retry)
    await this.#parts.book.stop()
    await this.#writeUses()
  }

  async #refreshAll(): Promise<void> {
    const { collections, book, options } = this.#parts
    do {
      this.#again = false
      try {
        await Promise.all(Object.values(collections).map((collection) => collection.refresh()))
        if (book.active) await book.refresh()
      } catch (error) {
        options.onStore?.(error)
        clearTimeout(this.#retry)
        this.#retry = setTimeout(() => void this.refresh(), RETRY_MS)
        this.#retry.unref()
      }
    } while (this.#again)
    this.#refreshing = undefined
  }

  async #tick(): Promise<void> {
    try {
      await this.#writeUses()
      await this.#parts.book.sweep()
    } catch (error) {
      this.#parts.options.onStore?.(error)
    }
  }

  async #writeUses(): Promise<void> {
    const { store, uses, collections } = this.#parts
    const taken = uses.taken()
    // Only of keys that are there: those of the config are not the store's, and one that was revoked is gone.
    const known = [...taken].filter(([id]) => collections.keys.items.has(id))
    if (known.length === 0) return
    try {
      await store.commit(known.map(([id, { time, address }]) => ({ kind: 'put', collection: KEY_USE, id, body: { time, address } })))
    } catch (error) {
      uses.returned(taken)
      throw error
    }
  }
}
