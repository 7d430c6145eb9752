import { isObject } from '../../lib/json.ts'
import { partsOf, type TextPart } from '../interpolate.ts'
import { formatWrittenPath, writtenAt, type WrittenPath } from '../edit/config-path.ts'
import { nameOf, type Plain, type PlainMap } from '../edit/plain.ts'
import { receiverOf, serverOf } from './secret-grants.ts'
import { secretsIn } from './secret-text.ts'

/**
 * Which variable of the environment comes out where, and which stored secret of an adapter is sent to which servers: key ->
 * the place, to be shown. What stands in a backend counts by the server that it is sent to, whatever the backend is called;
 * all else by its place, since a name or a model may be seen by everybody.
 */
function exposuresOf(written: PlainMap): ReadonlyMap<string, string> {
  const exposures = new Map<string, string>()
  walk(written, [], (text, path) => {
    const references = [...variablesIn(text), ...(isAt(path, 'adapters') ? secretsIn(text) : [])]
    if (references.length === 0) return
    const place = unnumbered(isBackend(path) ? path.slice(2) : path)
    for (const server of serversOf(written, path))
      for (const reference of references) exposures.set(JSON.stringify([place, reference, server]), formatWrittenPath(path))
  })
  return exposures
}

/** Places of exposures that there were not before. */
export function exposedAnew(before: PlainMap, after: PlainMap): readonly string[] {
  const known = exposuresOf(before)
  return [...exposuresOf(after)].filter(([key]) => !known.has(key)).map(([, path]) => path)
}

function walk(value: Plain, path: WrittenPath, see: (text: string, path: WrittenPath) => void): void {
  if (typeof value === 'string') see(value, path)
  if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, [...path, { item: nameOf(item) ?? index }], see)
  else if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(inner, [...path, { key }], see)
}

function variablesIn(text: string): readonly string[] {
  if (!text.includes('${')) return []
  return (partsOf(text) ?? []).flatMap((part: TextPart) => ('name' in part ? [part.name] : []))
}

/** A place in a list says nothing: what stands before may come and go. */
function unnumbered(path: WrittenPath): WrittenPath {
  return path.map((step) => ('item' in step && typeof step.item === 'number' ? { item: '*' } : step))
}

function serversOf(written: PlainMap, path: WrittenPath): readonly string[] {
  if (isBackend(path)) {
    const backend = writtenAt(written, path.slice(0, 2))
    return [isObject(backend) ? serverOf(written, backend) : '']
  }
  const receiver = receiverOf(written, path)
  if (receiver !== undefined) return [receiver]
  const [, adapter] = path
  if (!isAt(path, 'adapters') || adapter === undefined || !('key' in adapter)) return ['']
  const backends = Array.isArray(written['backends']) ? written['backends'].filter(isObject) : []
  return backends.filter((backend) => speaks(written, String(backend['type']), adapter.key)).map((backend) => serverOf(written, backend))
}

/** Whether a type of backend is that adapter, or is made of it. */
function speaks(written: PlainMap, type: string, adapter: string): boolean {
  const seen = new Set<string>()
  for (let at = type; !seen.has(at);) {
    if (at === adapter) return true
    seen.add(at)
    at = String(writtenAt(written, [{ key: 'adapters' }, { key: at }, { key: 'extends' }]))
  }
  return false
}

function isBackend(path: WrittenPath): boolean {
  return isAt(path, 'backends') && path.length > 2
}

function isAt([section]: WrittenPath, name: string): boolean {
  return section !== undefined && 'key' in section && section.key === name
}
