import { isObject } from '../../lib/json.ts'
import { formatWrittenPath, writtenAt, type WrittenPath } from '../edit/config-path.ts'
import type { Plain, PlainMap } from '../edit/plain.ts'
import { mapSecrets } from './secret-places.ts'
import { secretsIn } from './secret-text.ts'

/**
 * Which stored secret goes where: one line for each that a config uses, the same as long as it goes to the same server,
 * whatever the backend is called. A stored secret may go only where it went before, or where it is given anew; otherwise
 * whoever may change a backend's address could send its key anywhere.
 */
export function grantsOf(written: PlainMap): ReadonlySet<string> {
  const grants = new Set<string>()
  mapSecrets(written, (value, { path }) => {
    for (const id of idsIn(value)) grants.add(grantOf(written, path, id))
    return value
  })
  return grants
}

export interface Moved {
  readonly written: PlainMap
  /** Paths of the secrets that were taken away. */
  readonly dropped: readonly string[]
}

/** The config without the stored secrets that it would send elsewhere. `effective`: with the overlay, which may say the address. */
export function dropMoved(written: PlainMap, effective: PlainMap, granted: ReadonlySet<string>): Moved {
  const dropped: string[] = []
  const kept = mapSecrets(written, (value, { path }) => {
    if (idsIn(value).every((id) => granted.has(grantOf(effective, path, id)))) return value
    dropped.push(formatWrittenPath(path))
    return undefined
  })
  return { written: kept, dropped }
}

/** Paths outside of the places of secrets where a stored one is referred to: it would come out there. */
export function misplacedSecrets(written: PlainMap): readonly string[] {
  const places: string[] = []
  look(
    mapSecrets(written, () => undefined),
    [],
    places,
  )
  return places
}

function look(value: Plain, path: WrittenPath, places: string[]): void {
  if (typeof value === 'string' && secretsIn(value).length > 0) places.push(formatWrittenPath(path))
  if (Array.isArray(value)) for (const [index, item] of value.entries()) look(item, [...path, { item: index }], places)
  if (isObject(value)) for (const [key, inner] of Object.entries(value)) look(inner, [...path, { key }], places)
}

function grantOf(written: PlainMap, path: WrittenPath, id: string): string {
  const [section, item] = path
  if (section !== undefined && 'key' in section && section.key === 'backends' && item !== undefined) {
    const backend = writtenAt(written, [section, item])
    return JSON.stringify([path.slice(2), id, isObject(backend) ? serverOf(written, backend) : ''])
  }
  const receiver = receiverOf(written, path)
  if (receiver !== undefined) return JSON.stringify([formatWrittenPath(path), id, receiver])
  // Who signs people in gets the secret of its client.
  const around = writtenAt(written, path.slice(0, -1))
  return JSON.stringify([formatWrittenPath(path), id, isObject(around) ? (around['issuer'] ?? '') : ''])
}

/** The server that gets what stands here: of what is sent to receivers of alerts and of traces. Undefined: it is no such place. */
export function receiverOf(written: PlainMap, path: WrittenPath): string | undefined {
  const [section, second, third] = path
  if (section === undefined || !('key' in section) || second === undefined || !('key' in second)) return undefined
  if (section.key === 'tracing' && second.key === 'headers') return originOf(writtenAt(written, [section, { key: 'endpoint' }]))
  if (section.key !== 'alerts' || second.key !== 'receivers' || third === undefined || path.length < 4) return undefined
  return originOf(writtenAt(written, [section, second, third, { key: 'url' }]))
}

function originOf(url: Plain): string {
  const text = typeof url === 'string' ? url : ''
  return URL.canParse(text) ? new URL(text).origin : text
}

/** Type and origin of a backend, and what an adapter of the user's own has for an address. */
export function serverOf(written: PlainMap, backend: PlainMap): string {
  const type = String(backend['type'])
  const url = backend['url'] ?? writtenAt(written, [{ key: 'adapters' }, { key: type }, { key: 'url' }])
  return `${type} ${originOf(url)}`
}

function idsIn(value: Plain): readonly string[] {
  return typeof value === 'string' ? secretsIn(value) : []
}
