import { limitSchema } from '@jairouter/contract/limit'
import { keyTermsSchema, type KeyTerms, type ShownKey } from '@jairouter/contract/management/keys'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import { keyTermsOf } from '../../config/compile-auth.ts'
import { compileLimits } from '../../config/compile-limits.ts'
import type { KeyRecord } from '../../config/snapshot.ts'
import { rangesIn } from '../../lib/address-table.ts'
import { deepFreeze } from '../../lib/deep-freeze.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { Body, Stored } from '../../store/port.ts'
import { isKeyText } from './key-text.ts'

/** A key in the store: what it may do as it was written, and its digest instead of itself. */
export interface StoredKey {
  readonly terms: KeyTerms
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string
  readonly last4?: string
  /** ISO time. */
  readonly createdAt: string
  readonly createdBy: string
  /** The key before it was rotated, and until when it still works (ISO time). */
  readonly previous?: { readonly hash: string; readonly validUntil: string }
}

export function keyBody({ terms, ...rest }: StoredKey): Body {
  return { ...terms, ...rest }
}

/** Undefined for what is no key. */
export function readKey({ hash, last4, createdAt, createdBy, previous, ...terms }: Body): StoredKey | undefined {
  const read = keyTermsSchema.safeParse(terms)
  if (!read.success || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return undefined
  return {
    terms: read.data,
    hash,
    ...(typeof last4 === 'string' ? { last4 } : {}),
    createdAt: String(createdAt),
    createdBy: String(createdBy),
    ...(isPrevious(previous) ? { previous } : {}),
  }
}

function isPrevious(value: unknown): value is NonNullable<StoredKey['previous']> {
  return typeof value === 'object' && value !== null && 'hash' in value && 'validUntil' in value
}

/** What a key may do, as every request looks at it; with all that is wrong with its limits. */
export function compileKey(id: string, terms: KeyTerms): { readonly record: KeyRecord; readonly problems: readonly ProblemDetail[] } {
  const problems: ProblemDetail[] = []
  const { name, models = ['*'], enabled = true, priority = 'default', note: _note, ...rest } = terms
  if (isKeyText(name)) problems.push({ pointer: '/name', code: 'invalid', message: 'is a key, and everybody is shown the names' })
  const written = terms.limits?.map((limit) => limitSchema.parse(limit))
  const limits = compileLimits({ limits: written, place: `key ${id}`, path: [], scopes: ['key'] }, (path, message) =>
    problems.push({ pointer: path.map((part) => `/${part}`).join(''), code: 'invalid', message }),
  )
  const record = keyTermsOf({ ...rest, models, enabled, priority, limits: undefined }, limits)
  return { record: deepFreeze({ id, name, source: 'store', ...record }), problems }
}

const compiled = new WeakMap<StoredKey, KeyRecord>()

/** The same object as long as the key is. */
function recordOf(id: string, key: StoredKey): KeyRecord {
  let record = compiled.get(key)
  if (record === undefined) compiled.set(key, (record = compileKey(id, key.terms).record))
  return record
}

/** Digest -> record of every key that may work now or later, the one before a rotation among them. */
export function recordsOf(keys: Iterable<Stored<StoredKey>>): ReadonlyMap<string, KeyRecord> {
  const records = new Map<string, KeyRecord>()
  for (const { id, body } of keys) {
    const record = recordOf(id, body)
    if (body.previous !== undefined) {
      const expiresAt = Math.min(Date.parse(body.previous.validUntil), record.expiresAt ?? Infinity)
      records.set(body.previous.hash, deepFreeze({ ...record, expiresAt }))
    }
    records.set(body.hash, record)
  }
  return records
}

type Shown = Omit<ShownKey, 'lastUsed'>

export function shownKey({ id, body }: Pick<Stored<StoredKey>, 'id' | 'body'>, wallClock: number): Shown {
  const { terms, last4, createdAt, createdBy, previous } = body
  return {
    id,
    source: 'store',
    status: statusOf(terms, wallClock),
    ...(last4 === undefined ? {} : { last4 }),
    ...terms,
    enabled: terms.enabled ?? true,
    models: terms.models ?? ['*'],
    priority: terms.priority ?? 'default',
    createdAt,
    createdBy,
    ...(previous === undefined || Date.parse(previous.validUntil) <= wallClock ? {} : { previousValidUntil: previous.validUntil }),
  }
}

/** One that stands in the config, as far as a compiled one tells. */
export function shownConfigKey(record: KeyRecord, wallClock: number): Shown {
  const { name, models, enabled, priority, expiresAt, owner, team, tags, services, addresses, contentNames, capture } = record
  const expires = expiresAt === undefined ? undefined : isoTime(expiresAt)
  return {
    id: record.id ?? name,
    name,
    source: 'config',
    status: statusOf({ enabled, expires }, wallClock),
    enabled,
    models: [...models],
    priority,
    ...(expires === undefined ? {} : { expires }),
    ...(owner === undefined ? {} : { owner }),
    ...(team === undefined ? {} : { team }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(services === undefined ? {} : { services: [...services] }),
    ...(contentNames === undefined ? {} : { content: [...contentNames] }),
    ...(capture === undefined ? {} : { capture }),
    ...(addresses === undefined ? {} : { addresses: [...rangesIn(addresses, wallClock)] }),
  }
}

function statusOf({ enabled, expires }: Pick<KeyTerms, 'enabled' | 'expires'>, wallClock: number): ShownKey['status'] {
  if (enabled === false) return 'disabled'
  return expires !== undefined && Date.parse(expires) <= wallClock ? 'expired' : 'active'
}
