import { isObject } from '../../lib/json.ts'
import { formatWrittenPath, writtenAt, type WrittenPath } from '../edit/config-path.ts'
import { hasKey, isSame, nameOf, namesOf, type Plain } from '../edit/plain.ts'

export interface WrittenChange {
  readonly op: 'added' | 'removed' | 'changed'
  /** `backends[gpu-1].weight` where items have names. */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
}

/** What is shown of the two configs: without secrets, otherwise the same. */
export interface Shown {
  readonly before: Plain
  readonly after: Plain
}

/** What is different between two configs as written, in the order of the second. Items of lists go by their names; a list without names counts as a whole. */
export function diffWritten(before: Plain, after: Plain, shown: Shown = { before, after }): readonly WrittenChange[] {
  return compare(before, after, [], shown)
}

function compare(before: Plain, after: Plain, path: WrittenPath, shown: Shown): WrittenChange[] {
  if (isSame(before, after)) return []
  const was = () => ({ before: writtenAt(shown.before, path) })
  const is = () => ({ after: writtenAt(shown.after, path) })
  if (before === undefined) return [{ op: 'added', path: formatWrittenPath(path), ...is() }]
  if (after === undefined) return [{ op: 'removed', path: formatWrittenPath(path), ...was() }]
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(after), ...Object.keys(before)])
    return [...keys].flatMap((key) => compare(own(before, key), own(after, key), [...path, { key }], shown))
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, next] = [namesOf(before), namesOf(after)]
    if (old !== undefined && next !== undefined) return compareLists({ before, after, old, next }, path, shown)
  }
  return [{ op: 'changed', path: formatWrittenPath(path), ...was(), ...is() }]
}

interface Lists {
  readonly before: readonly Plain[]
  readonly after: readonly Plain[]
  readonly old: readonly string[]
  readonly next: readonly string[]
}

function compareLists({ before, after, old, next }: Lists, path: WrittenPath, shown: Shown): WrittenChange[] {
  const names = new Set([...next, ...old])
  const changes = [...names].flatMap((name) => compare(find(before, name), find(after, name), [...path, { item: name }], shown))
  const [stayed, stay] = [old.filter((name) => next.includes(name)), next.filter((name) => old.includes(name))]
  if (isSame(stayed, stay)) return changes
  return [...changes, { op: 'changed', path: formatWrittenPath(path), before: stayed, after: stay }]
}

function find(items: readonly Plain[], name: string): Plain {
  return items.find((item) => nameOf(item) === name)
}

function own(map: Readonly<Record<string, unknown>>, key: string): Plain {
  return hasKey(map, key) ? map[key] : undefined
}
