import { createHash } from 'node:crypto'
import { secretIdsIn } from '../config/interpolate.ts'
import { lastFour } from '../config/secrets/mask.ts'
import type { SecretBox } from '../store/secrets/port.ts'
import type { Store, Write } from '../store/port.ts'
import { listDraftTexts } from './drafts.ts'

const SECRETS = 'secrets'

/** What a change takes out of a text, to be stored together with it. */
export interface NewSecrets {
  readonly keep: (secret: string) => string
  readonly secretOf: (id: string) => string | undefined
  /** Those that are there already and open. */
  readonly stored: ReadonlyMap<string, string>
  writes(now: number): readonly Write[]
  /** Once they are stored. */
  settle(): void
}

/** The secrets of the config, which are sealed in the store. Those that the config in force needs are held open. */
export class StoredSecrets {
  readonly #store: Store
  readonly #box: SecretBox
  readonly #open = new Map<string, string>()

  constructor(store: Store, box: SecretBox) {
    this.#store = store
    this.#box = box
  }

  readonly secretOf = (id: string): string | undefined => this.#open.get(id)

  /** Opens what these texts refer to, as far as the store knows it and the box can open it. */
  async load(texts: readonly string[]): Promise<void> {
    const ids = new Set(texts.flatMap((text) => [...secretIdsIn(text)]))
    for (const id of ids) {
      if (this.#open.has(id)) continue
      const sealed = (await this.#store.get(SECRETS, id))?.body['sealed']
      if (typeof sealed !== 'string') continue
      const secret = this.#tryOpen(sealed, id)
      if (secret !== undefined) this.#open.set(id, secret)
    }
  }

  /** Sealed with another key, perhaps: whoever needs it is told that it is not known. */
  #tryOpen(sealed: string, id: string): string | undefined {
    try {
      return this.#box.open(sealed, purposeOf(id))
    } catch {
      return undefined
    }
  }

  collect(): NewSecrets {
    const added = new Map<string, string>()
    return {
      keep: (secret) => {
        const id = this.#idOf(secret)
        added.set(id, secret)
        return id
      },
      secretOf: (id) => added.get(id) ?? this.#open.get(id),
      stored: this.#open,
      writes: (now) => [...added].map(([id, secret]) => this.#put(id, secret, now)),
      settle: () => {
        for (const [id, secret] of added) this.#open.set(id, secret)
      },
    }
  }

  /** Writes that keep what a text refers to from being dropped by a sweep that runs at the same time. */
  touch(text: string, now: number): readonly Write[] {
    return [...secretIdsIn(text)].flatMap((id) => {
      const secret = this.#open.get(id)
      return secret === undefined ? [] : [this.#put(id, secret, now)]
    })
  }

  /** Drops those that no version and no draft refers to. Ids: only these, where they are known. */
  async sweep(texts: () => AsyncIterable<string>): Promise<void> {
    const stored = await this.#store.list(SECRETS)
    if (stored.length === 0) return
    const used = new Set<string>()
    for await (const text of texts()) for (const id of secretIdsIn(text)) used.add(id)
    for (const { text } of await listDraftTexts(this.#store, this.#box)) for (const id of secretIdsIn(text)) used.add(id)
    const unused = stored.filter(({ id }) => !used.has(id))
    if (unused.length === 0) return
    await this.#store.commit(unused.map(({ id, revision }) => ({ kind: 'delete', collection: SECRETS, id, expect: revision })))
    for (const { id } of unused) this.#open.delete(id)
  }

  /** The same for the same secret, and nothing to who has not the box's key. */
  #idOf(secret: string): string {
    return createHash('sha256')
      .update(this.#box.digest(`config-secret\n${secret}`))
      .digest('hex')
      .slice(0, 32)
  }

  #put(id: string, secret: string, now: number): Write {
    const last4 = lastFour(secret)
    const body = { sealed: this.#box.seal(secret, purposeOf(id)), createdAt: now, ...(last4 === undefined ? {} : { last4 }) }
    return { kind: 'put', collection: SECRETS, id, body }
  }
}

function purposeOf(id: string): string {
  return `config-secret:${id}`
}
