import { hash } from 'node:crypto'
import { keyTermsSchema, type ExportedKey, type KeyTerms, type patchKeySchema, type ShownKey } from '@jairouter/contract/management/keys'
import type { z } from 'zod'
import type { KeyRecord } from '../../config/snapshot.ts'
import { mergePatch } from '../../lib/merge-patch.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { Stored, Write } from '../../store/port.ts'
import { actorName } from '../actor.ts'
import { auditWrite, type AuditAction } from '../audit/audit-entry.ts'
import { AccessProblem } from '../collection/access-problem.ts'
import { itemFor, tagOf, type ChangeTerms } from '../collection/change-request.ts'
import type { Change, Followed } from '../collection/followed.ts'
import { lastCharacters, newKeyText, randomText } from './key-text.ts'
import type { KeyUses } from './key-uses.ts'
import { compileKey, keyBody, shownConfigKey, shownKey, type StoredKey } from './stored-key.ts'

const NOUN = 'key'
const ID_CHARACTERS = 12
/** Where the last use of each key is kept; apart from the keys, whose entity tags it is not to change. */
export const KEY_USE = 'key-use'

export interface KeyDeskOptions {
  readonly keys: Followed<StoredKey>
  readonly uses: KeyUses
  /** Those of the config, by digest. */
  readonly configKeys: () => ReadonlyMap<string, KeyRecord>
  /** Of the config in force, by name. */
  readonly contentRules: () => ReadonlyMap<string, unknown>
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

type Item = Pick<Stored<StoredKey>, 'id' | 'body'>

/** Where keys are made, changed and revoked. What is fulfilled is stored, audited and in force: the next request meets it. */
export class KeyDesk {
  readonly #options: KeyDeskOptions

  constructor(options: KeyDeskOptions) {
    this.#options = options
  }

  /** Those of the store and of the config. */
  list(): readonly ShownKey[] {
    const { keys, configKeys, wallClock } = this.#options
    const now = wallClock()
    const ofConfig = [...configKeys().values()].filter(({ source }) => source !== 'store').map((record) => shownConfigKey(record, now))
    return [...[...keys.items.values()].map((item) => shownKey(item, now)), ...ofConfig].map((shown) => this.#withUse(shown))
  }

  /** `tag`: none where the config has it. */
  get(id: string): { readonly shown: ShownKey; readonly tag?: string } {
    const item = this.#options.keys.items.get(id)
    if (item !== undefined) return { shown: this.#shown(item), tag: tagOf(item) }
    const record = this.#configKey(id)
    if (record === undefined) throw new AccessProblem('not_found', `There is no key "${id}"`)
    return { shown: this.#withUse(shownConfigKey(record, this.#options.wallClock())) }
  }

  /** As it is, or would be, looked at by every request. */
  recordOf(id: string): KeyRecord {
    const item = this.#options.keys.items.get(id)
    const record = item === undefined ? this.#configKey(id) : compileKey(id, item.body.terms).record
    if (record === undefined) throw new AccessProblem('not_found', `There is no key "${id}"`)
    return record
  }

  async create(terms: KeyTerms, request: ChangeTerms): Promise<{ readonly shown: ShownKey; readonly key: string; readonly tag: string }> {
    const { randomBytes, wallClock } = this.#options
    const text = newKeyText(randomBytes)
    const body: StoredKey = {
      terms,
      hash: digestOf(text),
      last4: lastCharacters(text),
      createdAt: isoTime(wallClock()),
      createdBy: actorName(request.origin.actor),
    }
    const item = { id: `k-${randomText(ID_CHARACTERS, randomBytes)}`, body }
    const revision = await this.#change(request, () => {
      this.#check(item, this.#known())
      return { put: [{ id: item.id, body: keyBody(body) }], also: [this.#audit(request, 'create', { after: item })] }
    })
    return { shown: this.#shown(item), key: request.dryRun === true ? '' : text, tag: tagOf({ revision }) }
  }

  async update(
    id: string,
    patch: z.output<typeof patchKeySchema>,
    request: ChangeTerms,
  ): Promise<{ readonly shown: ShownKey; readonly tag: string }> {
    let item: Item | undefined
    const revision = await this.#change(request, () => {
      const before = this.#stored(id, request)
      item = { id, body: { ...before.body, terms: keyTermsSchema.parse(mergePatch(before.body.terms, patch)) } }
      this.#check(item, this.#known(id))
      return { put: [{ id, body: keyBody(item.body) }], also: [this.#audit(request, 'update', { before, after: item })] }
    })
    return { shown: item === undefined ? this.get(id).shown : this.#shown(item), tag: tagOf({ revision }) }
  }

  async revoke(id: string, request: ChangeTerms): Promise<void> {
    await this.#change(request, () => {
      const before = this.#stored(id, request)
      return {
        remove: [id],
        also: [{ kind: 'delete', collection: KEY_USE, id }, this.#audit(request, 'revoke', { before })],
      }
    })
    if (request.dryRun !== true) this.#options.uses.forget(id)
  }

  /** Another key in its place; the one before works for `overlapMs` more. */
  async rotate(
    id: string,
    { overlapMs, ...request }: ChangeTerms & { readonly overlapMs: number },
  ): Promise<{ readonly shown: ShownKey; readonly key: string; readonly tag: string }> {
    const text = newKeyText(this.#options.randomBytes)
    let item: Item | undefined
    const revision = await this.#change(request, () => {
      const before = this.#stored(id, request)
      const { previous: _previous, ...kept } = before.body
      const validUntil = isoTime(this.#options.wallClock() + overlapMs)
      const body: StoredKey = {
        ...kept,
        hash: digestOf(text),
        last4: lastCharacters(text),
        ...(overlapMs > 0 ? { previous: { hash: before.body.hash, validUntil } } : {}),
      }
      item = { id, body }
      return { put: [{ id, body: keyBody(body) }], also: [this.#audit(request, 'rotate', { before, after: item })] }
    })
    const shown = item === undefined ? this.get(id).shown : this.#shown(item)
    return { shown, key: request.dryRun === true ? '' : text, tag: tagOf({ revision }) }
  }

  /** Digests instead of keys. Those of the config stay where they are. */
  exported(): readonly ExportedKey[] {
    return [...this.#options.keys.items.values()].map(({ id, body: { terms, hash, last4, createdAt, createdBy } }) => ({
      id,
      ...terms,
      hash,
      ...(last4 === undefined ? {} : { last4 }),
      createdAt,
      createdBy,
    }))
  }

  /** All of them, or none. `known`: what to do with those that are there already. Returns the names of those that were passed over. */
  async importAll(
    exported: readonly ExportedKey[],
    known: 'refuse' | 'skip',
    request: ChangeTerms,
  ): Promise<{ readonly imported: number; readonly skipped: readonly string[] }> {
    let result = { imported: 0, skipped: [] as readonly string[] }
    await this.#change(request, () => {
      const there = this.#known()
      const taken: Item[] = []
      const skipped: string[] = []
      for (const [index, key] of exported.entries()) {
        const item = this.#importedItem(key, request)
        if (known === 'skip' && there.conflictOf(item) !== undefined) {
          skipped.push(key.name)
          continue
        }
        this.#check(item, there, `/keys/${index}`)
        there.add(item)
        taken.push(item)
      }
      result = { imported: taken.length, skipped }
      const put = taken.map(({ id, body }) => ({ id, body: keyBody(body) }))
      const after = { imported: taken.map(({ body }) => body.terms.name), skipped }
      const action: AuditAction = { action: 'key.import', target: 'keys', result: 'ok', after, time: this.#options.wallClock() }
      return { put, also: [auditWrite(request.origin, action)] }
    })
    return result
  }

  /** Throws what is wrong with terms that nobody has yet. */
  preview(terms: KeyTerms): KeyRecord {
    const { record, problems } = this.#compiled('preview', terms)
    if (problems.length > 0) throw new AccessProblem('invalid_request', '', problems)
    return record
  }

  #importedItem({ id, hash, last4, createdAt, createdBy, ...terms }: ExportedKey, { origin }: ChangeTerms): Item {
    return {
      id: id ?? `k-${randomText(ID_CHARACTERS, this.#options.randomBytes)}`,
      body: {
        terms,
        hash,
        ...(last4 === undefined ? {} : { last4 }),
        createdAt: createdAt ?? isoTime(this.#options.wallClock()),
        createdBy: createdBy ?? actorName(origin.actor),
      },
    }
  }

  /** Resolves with the revision; 0 where nothing was written. */
  async #change({ dryRun }: ChangeTerms, decide: () => Change): Promise<number> {
    if (dryRun === true) {
      decide()
      return 0
    }
    const { revision } = await this.#options.keys.change(() => ({ change: decide(), result: undefined }))
    return revision
  }

  #stored(id: string, request: ChangeTerms): Stored<StoredKey> {
    const { items } = this.#options.keys
    if (!items.has(id) && this.#configKey(id) !== undefined)
      throw new AccessProblem('read_only', `The key "${id}" stands in the config, and is changed there`)
    return itemFor(items, { id, noun: NOUN }, request)
  }

  #configKey(id: string): KeyRecord | undefined {
    return [...this.#options.configKeys().values()].find((record) => record.source !== 'store' && (record.id ?? record.name) === id)
  }

  #check({ id, body }: Item, known: KnownKeys, at = ''): void {
    const { problems } = this.#compiled(id, body.terms)
    if (problems.length > 0) {
      const details = problems.map((detail) => ({ ...detail, pointer: at + detail.pointer }))
      throw new AccessProblem('invalid_request', '', details)
    }
    const conflict = known.conflictOf({ id, body })
    if (conflict === 'hash') throw new AccessProblem('already_exists', 'This very key is there already', [detailAt(`${at}/hash`)])
    if (conflict === 'name')
      throw new AccessProblem('already_exists', `There is a key "${body.terms.name}" already`, [detailAt(`${at}/name`)])
  }

  #compiled(id: string, terms: KeyTerms): ReturnType<typeof compileKey> {
    const { record, problems } = compileKey(id, terms)
    const rules = this.#options.contentRules()
    const unknown = (terms.content ?? []).flatMap((name, index) =>
      rules.has(name) ? [] : [{ pointer: `/content/${index}`, code: 'not_found', message: `There is no content rule "${name}"` }],
    )
    return { record, problems: [...problems, ...unknown] }
  }

  /** `except`: the one that is to be replaced. */
  #known(except?: string): KnownKeys {
    const known = new KnownKeys()
    for (const item of this.#options.keys.items.values()) if (item.id !== except) known.add(item)
    for (const [digest, record] of this.#options.configKeys()) if (record.source !== 'store') known.addConfigKey(digest, record)
    return known
  }

  #audit({ origin }: ChangeTerms, verb: string, { before, after }: { readonly before?: Item; readonly after?: Item }): Write {
    const id = (after ?? before)?.id ?? ''
    return auditWrite(origin, {
      action: `key.${verb}`,
      target: `keys/${id}`,
      result: 'ok',
      ...(before === undefined ? {} : { before: this.#audited(before) }),
      ...(after === undefined ? {} : { after: this.#audited(after) }),
      time: this.#options.wallClock(),
    })
  }

  #audited(item: Item): Omit<ShownKey, 'lastUsed' | 'status'> {
    const { status: _status, ...shown } = shownKey(item, this.#options.wallClock())
    return shown
  }

  #shown(item: Item): ShownKey {
    return this.#withUse(shownKey(item, this.#options.wallClock()))
  }

  #withUse(shown: Omit<ShownKey, 'lastUsed'>): ShownKey {
    const use = this.#options.uses.of(shown.id)
    return use === undefined ? shown : { ...shown, lastUsed: { time: isoTime(use.time), address: use.address } }
  }
}

/** Names, ids and digests, which are each there once over the store and the config. */
class KnownKeys {
  readonly #names = new Set<string>()
  readonly #hashes = new Set<string>()

  add({ id, body: { terms, hash, previous } }: Item): void {
    this.#names.add(id).add(terms.name)
    this.#hashes.add(hash)
    if (previous !== undefined) this.#hashes.add(previous.hash)
  }

  addConfigKey(digest: string, { id, name }: KeyRecord): void {
    this.#names.add(id ?? name).add(name)
    this.#hashes.add(digest)
  }

  conflictOf({ id, body }: Item): 'name' | 'hash' | undefined {
    if (this.#hashes.has(body.hash)) return 'hash'
    return this.#names.has(body.terms.name) || this.#names.has(id) ? 'name' : undefined
  }
}

function digestOf(key: string): string {
  return hash('sha256', key, 'hex')
}

function detailAt(pointer: string): { readonly pointer: string; readonly code: string; readonly message: string } {
  return { pointer, code: 'already_exists', message: 'is there already' }
}
