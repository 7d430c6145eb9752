import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../lib/json.ts'

/** Plain data that is not changed in place. */
export type Plain = unknown
export type PlainMap = Readonly<Record<string, unknown>>

/** As JSON has it: the order of keys does not count. */
export function isSame(a: Plain, b: Plain): boolean {
  return a === b || isDeepStrictEqual(a, b)
}

export function hasKey(map: PlainMap, key: string): boolean {
  return Object.hasOwn(map, key)
}

/** With the key, at the end where it is new. */
export function withKey(map: PlainMap, key: string, value: unknown): PlainMap {
  return { ...map, [key]: value }
}

export function withoutKey(map: PlainMap, key: string): PlainMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
}

/** What an item of a list is called: its `id`, otherwise its `name`. */
export function nameOf(item: Plain): string | undefined {
  if (!isObject(item)) return undefined
  const name = (hasKey(item, 'id') ? item['id'] : undefined) ?? (hasKey(item, 'name') ? item['name'] : undefined)
  return typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean' ? String(name) : undefined
}

/** What all items are called; undefined when one has no name, or two have the same. */
export function namesOf(items: readonly Plain[]): readonly string[] | undefined {
  const names: string[] = []
  for (const item of items) {
    const name = nameOf(item)
    if (name === undefined) return undefined
    names.push(name)
  }
  return new Set(names).size === names.length ? names : undefined
}
