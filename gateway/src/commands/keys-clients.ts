import { randomBytes } from 'node:crypto'
import { createdKeySchema, keySchema, type KeyTerms, type ShownKey } from '@jairouter/contract/management/keys'
import { duration } from '@jairouter/contract/units'
import type { Origin } from '../auth/audit/audit-entry.ts'
import { Followed } from '../auth/collection/followed.ts'
import { KEY_USE, KeyDesk } from '../auth/keys/key-desk.ts'
import { KeyUses } from '../auth/keys/key-uses.ts'
import { readKey, type StoredKey } from '../auth/keys/stored-key.ts'
import type { KeyRecord } from '../config/snapshot.ts'
import type { Store } from '../store/port.ts'
import type { ApiClient } from './api-client.ts'

interface MadeKey {
  readonly shown: ShownKey
  readonly key: string
}

/** What the command does with keys, wherever they are. Each rejects with an Error whose message may be shown. */
export interface KeysClient {
  list(): Promise<readonly ShownKey[]>
  create(terms: KeyTerms): Promise<MadeKey>
  revoke(id: string): Promise<void>
  /** `overlap`: a duration. */
  rotate(id: string, overlap: string): Promise<MadeKey>
}

/** A store, and what of the config belongs to keys: names that are taken, and rules that there are. */
export interface KeysPlace {
  readonly store: Store
  readonly keys: ReadonlyMap<string, KeyRecord>
  readonly contentRules: ReadonlyMap<string, unknown>
}

const ORIGIN: Origin = { actor: { kind: 'cli' } }

/** On the store itself. `now`: epoch milliseconds. */
export async function storeKeys({ store, keys: ofConfig, contentRules }: KeysPlace, now: () => number): Promise<KeysClient> {
  const keys = new Followed<StoredKey>({ store, collection: 'keys', read: readKey, onItems: () => {} })
  await keys.refresh()
  const uses = new KeyUses()
  for (const { id, body } of await store.list(KEY_USE)) uses.learned(id, { time: Number(body['time']), address: String(body['address']) })
  const known = { configKeys: () => ofConfig, contentRules: () => contentRules }
  const desk = new KeyDesk({ keys, uses, ...known, wallClock: now, randomBytes })
  return {
    list: async () => desk.list(),
    create: (terms) => desk.create(terms, { origin: ORIGIN }),
    revoke: (id) => desk.revoke(id, { origin: ORIGIN }),
    rotate: (id, overlap) => desk.rotate(id, { origin: ORIGIN, overlapMs: duration.parse(overlap) }),
  }
}

/** Over the management API. */
export function apiKeys(api: ApiClient): KeysClient {
  const made = async (path: string, body: unknown) => {
    const { key, ...shown } = createdKeySchema.parse(await api.fields(path, { method: 'POST', body }))
    return { shown, key }
  }
  return {
    list: async () => (await api.items('/keys')).map((item) => keySchema.parse(item)),
    create: (terms) => made('/keys', terms),
    revoke: async (id) => void (await api.text(`/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })),
    rotate: (id, overlap) => made(`/keys/${encodeURIComponent(id)}/rotate`, { overlap }),
  }
}
