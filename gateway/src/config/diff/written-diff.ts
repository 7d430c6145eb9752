import { isObject } from '../../lib/json.ts'
import { formatWrittenPath, type WrittenPath } from '../edit/config-path.ts'
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
  if (before === undefined) return [{ op: 'added', path: formatWrittenPath(path), after: shown.after }]
  if (after === undefined) return [{ op: 'removed', path: formatWrittenPath(path), before: shown.before }]
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(after), ...Object.keys(before)])
    return [...keys].flatMap((key) =>
      compare(own(before, key), own(after, key), [...path, { key }], { before: own(shown.before, key), after: own(shown.after, key) }),
    )
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, next] = [namesOf(before), namesOf(after)]
    if (old !== undefined && next !== undefined) return compareLists({ before, after, old, next }, path, shown)
  }
  return [{ op: 'changed', path: formatWrittenPath(path), ...shown }]
}

interface Lists {
  readonly before: readonly Plain[]
  readonly after: readonly Plain[]
  readonly old: readonly string[]
  readonly next: readonly string[]
}

function compareLists({ before, after, old, next }: Lists, path: WrittenPath, shown: Shown): WrittenChange[] {
  const [was, is] = [byName(before), byName(after)]
  const [shownBefore, shownAfter] = [byName(shown.before), byName(shown.after)]
  const changes = [...new Set([...next, ...old])].flatMap((name) =>
    compare(was.get(name), is.get(name), [...path, { item: name }], { before: shownBefore.get(name), after: shownAfter.get(name) }),
  )
  const [stayed, stay] = [old.filter((name) => is.has(name)), next.filter((name) => was.has(name))]
  if (isSame(stayed, stay)) return changes
  return [...changes, { op: 'changed', path: formatWrittenPath(path), before: stayed, after: stay }]
}

/** Looked for one by one, the items of a long list would take long. */
function byName(items: Plain): ReadonlyMap<string | undefined, Plain> {
  return new Map(Array.isArray(items) ? items.map((item) => [nameOf(item), item]) : [])
}

function own(map: Plain, key: string): Plain {
  return isObject(map) && hasKey(map, key) ? map[key] : undefined
}
