import { MAX_DEPTH, type Entry, type ListTree, type MapTree, type Tree } from './tree.ts'

/**
 * Lays one tree over another. Mappings are merged key by key, and `null` takes a key away. Lists whose items all have an
 * `id` or a `name` are merged item by item, new items at the end; every other list is replaced. Each part keeps the
 * place where it was written.
 */
export function overlayTree(base: Tree, over: Tree, depth = 0): Tree {
  // Only aliases within aliases lead deeper.
  if (depth > MAX_DEPTH) return over
  if (base.kind === 'map' && over.kind === 'map') return overlayMap(base, over, depth)
  if (base.kind === 'list' && over.kind === 'list') return overlayList(base, over, depth)
  return over
}

function overlayMap(base: MapTree, over: MapTree, depth: number): MapTree {
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key)
    if (isNull(entry.value)) entries.delete(key)
    else if (below === undefined) entries.set(key, entry)
    else entries.set(key, overlayEntry(below, entry, depth))
  }
  return { ...base, entries }
}

function overlayEntry(below: Entry, above: Entry, depth: number): Entry {
  const value = overlayTree(below.value, above.value, depth + 1)
  // A merged part is written in both files; its key is shown where it was first.
  return value === above.value ? above : { keyPlace: below.keyPlace, value }
}

function overlayList(base: ListTree, over: ListTree, depth: number): ListTree {
  const baseNames = namesOf(base)
  const overNames = namesOf(over)
  // An empty list is how one says "none".
  if (baseNames === undefined || overNames === undefined || over.items.length === 0) return over
  const places = new Map(baseNames.map((name, place) => [name, place]))
  const items = [...base.items]
  for (const [index, item] of over.items.entries()) {
    const place = places.get(overNames[index] ?? '')
    const below = place === undefined ? undefined : items[place]
    if (place === undefined || below === undefined) items.push(item)
    else items[place] = overlayTree(below, item, depth + 1)
  }
  return { ...base, items }
}

/** What the items are called, or undefined when some item has no name. */
function namesOf(list: ListTree): string[] | undefined {
  const names: string[] = []
  for (const item of list.items) {
    const name = item.kind === 'map' ? (item.entries.get('id') ?? item.entries.get('name'))?.value : undefined
    if (name?.kind !== 'scalar' || name.value === null) return undefined
    names.push(String(name.value))
  }
  return names
}

function isNull(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null && tree.problem === undefined
}
