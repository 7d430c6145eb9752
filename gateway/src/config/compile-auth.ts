import { createHash } from 'node:crypto'
import type { Config } from '@jairouter/contract/config'
import { addressTable } from '../lib/address-table.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { isLoopbackHost } from './addresses.ts'
import type { ContentRule } from '../content/rule.ts'
import { rulesNamed } from './compile-content.ts'
import type { Report } from './compile-problem.ts'
import { compileLimits } from './compile-limits.ts'
import type { AuthSettings, KeyRecord, LimitRule } from './snapshot.ts'

const DIGEST = /^sha256:([0-9a-f]{64})$/i
/** A header carries it, so it is visible ASCII; a line end that came along from a file would never match. */
const SENDABLE = /^[\x21-\x7e]+$/
/** Authentication takes nothing longer for a key. */
const MAX_KEY_LENGTH = 1_024

/** Keys that are not in the config. */
export interface OtherKeys {
  /** By the hex digest of the key. */
  readonly keys: ReadonlyMap<string, KeyRecord>
  /** More can be made while the gateway runs, so that none is no mistake. */
  readonly canBeMade: boolean
  /** There were some once: that the last one is revoked does not let everybody in. */
  readonly wereMade: boolean
}

/** Of a gateway where keys are made as it runs, and none has been made that anybody knows of. */
export const KEYS_TO_COME: OtherKeys = Object.freeze({ keys: new Map(), canBeMade: true, wereMade: false })

const NO_OTHER_KEYS: OtherKeys = Object.freeze({ keys: new Map(), canBeMade: false, wereMade: false })

type ContentRules = ReadonlyMap<string, ContentRule>

export interface AuthSurroundings {
  readonly others: OtherKeys
  /** By name. */
  readonly contentRules: ContentRules
}

export function compileAuth(
  config: Config,
  report: Report,
  surroundings: { readonly [Part in keyof AuthSurroundings]?: AuthSurroundings[Part] | undefined } = {},
): AuthSettings {
  const { others = NO_OTHER_KEYS, contentRules = new Map() } = surroundings
  const { limit, window: windowMs } = config.auth.failures
  const own = compileKeys(config.auth.keys, contentRules, report)
  checkAgainst(own, others, { config, report })
  const settings = { mode: compileMode(config, report, others), keys: own, failures: { limit, windowMs } }
  return withKeys(settings, config, { others, contentRules })
}

/** The same settings with other keys beside the config's own: `own` are these alone. */
export function withKeys(own: AuthSettings, { auth }: Config, { others, contentRules }: AuthSurroundings): AuthSettings {
  const mode = auth.mode !== 'none' && hasOthers(others) ? 'required' : own.mode
  if (others.keys.size === 0) return Object.freeze({ ...own, mode })
  const keys = [...others.keys].map(([digest, record]) => [digest, withContent(record, contentRules)] as const)
  return Object.freeze({ ...own, mode, keys: new Map([...keys, ...own.keys]) })
}

const held = new WeakMap<ContentRules, WeakMap<KeyRecord, KeyRecord>>()

/** With the rules that it names; the same object as long as the record and the rules are. */
function withContent(record: KeyRecord, rules: ContentRules): KeyRecord {
  if (record.contentNames === undefined) return record
  const known = held.get(rules) ?? new WeakMap<KeyRecord, KeyRecord>()
  held.set(rules, known)
  const made = known.get(record)
  if (made !== undefined) return made
  const content = rulesNamed(record.contentNames, rules)
  const next = Object.freeze(content === undefined ? record : { ...record, content })
  known.set(record, next)
  return next
}

function hasOthers({ keys, wereMade }: OtherKeys): boolean {
  return wereMade || keys.size > 0
}

function checkAgainst(own: AuthSettings['keys'], others: OtherKeys, { config, report }: { config: Config; report: Report }): void {
  if (others.keys.size === 0) return
  const names = new Set([...others.keys.values()].flatMap(({ id, name }) => [id, name]))
  const digests = new Map([...own].map(([digest, { name }]) => [name, digest]))
  for (const [index, { name }] of config.auth.keys.entries()) {
    if (names.has(name)) report(['auth', 'keys', index, 'name'], `"${name}" is already a key that was made over the management API`)
    if (others.keys.has(digests.get(name) ?? '')) report(['auth', 'keys', index, 'key'], 'was already made over the management API')
  }
  // A rule that does not exist would be one that does not hold.
  const rules = new Set(config.contentRules.map(({ name }) => name))
  for (const { name, contentNames = [] } of new Set(others.keys.values()))
    for (const missing of contentNames.filter((rule) => !rules.has(rule)))
      report(['contentRules'], `has no rule "${missing}", which holds for the key "${name}" that was made over the management API`)
}

/** Hex digest by which a key is known. */
function keyDigest(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

function compileMode({ auth, server }: Config, report: Report, others: OtherKeys): AuthSettings['mode'] {
  const hasKeys = auth.keys.length > 0 || hasOthers(others)
  if (auth.mode === 'none') return 'open'
  if (hasKeys) return 'required'
  if (auth.mode === 'required') {
    if (others.canBeMade) return 'required'
    report(['auth', 'mode'], 'is required, but auth.keys holds no key: nobody could get in; add one')
    return 'required'
  }
  if (isLoopbackHost(server.host)) return 'open'
  if (others.canBeMade) return 'required'
  report(
    ['server', 'host'],
    'listens beyond this machine, but no key is set: anyone who reaches it could use every model; ' +
      'add a key under auth.keys, or set auth.mode: none if that is meant, or set host: 127.0.0.1',
  )
  return 'required'
}

function compileKeys(keys: Config['auth']['keys'], contentRules: ContentRules, report: Report): ReadonlyMap<string, KeyRecord> {
  const records = new Map<string, KeyRecord>()
  const names = new Map<string, number>()
  const firstWith = new Map<string, number>()
  for (const [index, key] of keys.entries()) {
    const path = ['auth', 'keys', index] as const
    const sameName = names.get(key.name)
    if (sameName !== undefined) report([...path, 'name'], `"${key.name}" is already the name of auth.keys[${sameName}]`)
    else names.set(key.name, index)

    const digest = digestOf(key.key)
    if (digest === undefined) {
      report([...path, 'key'], describeFault(key.key))
      continue
    }
    const sameKey = firstWith.get(digest)
    if (sameKey !== undefined) report([...path, 'key'], `is the same key as that of auth.keys[${sameKey}]`)
    firstWith.set(digest, sameKey ?? index)
    const limits = compileLimits({ limits: key.limits, place: `key ${key.name}`, path, scopes: ['key'] }, report)
    records.set(digest, withContent(toRecord(key, limits), contentRules))
  }
  return records
}

function digestOf(key: string): string | undefined {
  if (key.toLowerCase().startsWith('sha256:')) return DIGEST.exec(key)?.[1]?.toLowerCase()
  return key.length <= MAX_KEY_LENGTH && SENDABLE.test(key) ? keyDigest(key) : undefined
}

function describeFault(key: string): string {
  if (key.toLowerCase().startsWith('sha256:')) return 'expected 64 hex digits after sha256:'
  if (key.length > MAX_KEY_LENGTH) return `expected at most ${MAX_KEY_LENGTH} characters`
  return 'holds a character that no client can send (a space, a line end, or one beyond ASCII)'
}

function toRecord(key: Config['auth']['keys'][number], limits: readonly LimitRule[]): KeyRecord {
  return deepFreeze({ name: key.name, ...keyTermsOf(key, limits) })
}

/** What a key may do, as every request looks at it. */
export function keyTermsOf(
  key: Omit<Config['auth']['keys'][number], 'name' | 'key'>,
  limits: readonly LimitRule[],
): Omit<KeyRecord, 'name'> {
  const { owner, team, tags, services, addresses, expires, content, capture } = key
  return {
    limits,
    models: [...key.models],
    enabled: key.enabled,
    priority: key.priority,
    ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }),
    ...(owner === undefined ? {} : { owner }),
    ...(team === undefined ? {} : { team }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
    ...(services === undefined ? {} : { services: [...services] }),
    ...(content === undefined || content.length === 0 ? {} : { contentNames: [...content] }),
    ...(capture === undefined ? {} : { capture }),
    ...(addresses === undefined ? {} : { addresses: addressTable(addresses.map((range) => ({ range }))) }),
  }
}
