import type { Body, Store, Stored, Write } from '../store/port.ts'
import type { ConfigVersion, VersionOrigin } from './config-desk.ts'

const VERSIONS = 'versions'
const POINTER = { collection: 'config', id: 'current' } as const
/** Numbers are padded to be in order as texts. */
const DIGITS = 10
/** Beyond what is kept, so many go with each change. */
const PRUNED_AT_ONCE = 5

/** A version that is taken back by itself at the deadline. */
export interface PendingConfirm {
  /** Epoch milliseconds. */
  readonly deadline: number
  readonly revertsTo: number
}

/** Which version is in force. Every change of versions writes it, so that no two happen at once, on any replica. */
export interface Pointer {
  /** Of its document; 0: there is none yet. */
  readonly revision: number
  /** 0: none. */
  readonly number: number
  /** Of the config file that was taken in last. */
  readonly fileDigest?: string
  readonly confirm?: PendingConfirm
}

export type NextPointer = Omit<Pointer, 'revision'>

export async function readPointer(store: Store): Promise<Pointer> {
  const stored = await store.get(POINTER.collection, POINTER.id)
  return stored === undefined ? { revision: 0, number: 0 } : { ...(stored.body as unknown as NextPointer), revision: stored.revision }
}

export function writePointer(next: NextPointer, expect: number): Write {
  const { number, fileDigest, confirm } = next
  const body: Body = { number, ...(fileDigest === undefined ? {} : { fileDigest }), ...(confirm === undefined ? {} : { confirm }) }
  return { kind: 'put', ...POINTER, body, expect }
}

export async function readVersion(store: Store, number: number): Promise<ConfigVersion | undefined> {
  const stored = await store.get(VERSIONS, idOf(number))
  return stored === undefined ? undefined : toVersion(stored)
}

export function writeVersion(version: ConfigVersion): Write {
  const { number, ...body } = version
  return { kind: 'put', collection: VERSIONS, id: idOf(number), body: body as Body, expect: 0 }
}

export function deleteVersion(number: number): Write {
  return { kind: 'delete', collection: VERSIONS, id: idOf(number) }
}

/** Newest first, below `before`. */
export async function listVersions(store: Store, { before, limit }: { before: number; limit: number }): Promise<readonly ConfigVersion[]> {
  const found: ConfigVersion[] = []
  for (let end = before; end > 1 && found.length < limit;) {
    const start = Math.max(1, end - Math.max(limit, 20))
    const page = await store.list(VERSIONS, { after: idOf(start - 1), limit: end - start })
    found.push(
      ...page
        .map(toVersion)
        .filter(({ number }) => number < end)
        .reverse(),
    )
    end = start
  }
  return found.slice(0, limit)
}

/** The oldest of those that are more than is to be kept. */
export async function versionsToPrune(
  store: Store,
  { newest, keep, spared }: { newest: number; keep: number; spared: number | undefined },
): Promise<readonly ConfigVersion[]> {
  if (newest <= keep) return []
  const oldest = await store.list(VERSIONS, { limit: PRUNED_AT_ONCE + 1 })
  return oldest
    .map(toVersion)
    .filter(({ number }) => number <= newest - keep && number !== spared)
    .slice(0, PRUNED_AT_ONCE)
}

function idOf(number: number): string {
  return String(number).padStart(DIGITS, '0')
}

function toVersion({ id, body }: Stored): ConfigVersion {
  const { author, time, origin, message, base, restores, text, overlay } = body
  return {
    number: Number(id),
    author: String(author),
    time: String(time),
    origin: origin as VersionOrigin,
    message: String(message),
    base: Number(base),
    ...(restores === undefined ? {} : { restores: Number(restores) }),
    text: String(text),
    ...(overlay === undefined ? {} : { overlay: String(overlay) }),
  }
}
