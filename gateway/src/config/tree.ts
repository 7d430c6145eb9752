/**
 * A config file as a tree of which every part knows where it was written. YAML becomes such trees, an overlay is laid
 * over one as a tree, and problems of the finished value are led back through it to their places. An anchored part is
 * one object at all its places, so a tree is never larger than its file until it is written out.
 */
export type Tree = MapTree | ListTree | ScalarTree

/** Mappings and lists within each other: more than any config has; bounds the recursion of everything that walks a tree. */
export const MAX_DEPTH = 64

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface MapTree {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly keyPlace: Place
  readonly value: Tree
}

export interface ListTree {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Tree[]
}

export interface ScalarTree {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: string | number | boolean | null
  readonly quoted: boolean
  /** Present where `${...}` was replaced. */
  readonly interpolated?: Interpolated
  /** Why there is no value: a `${...}` that could not be replaced, say. `value` means nothing then. */
  readonly problem?: string
}

export interface Interpolated {
  /** The text as written, without secrets: it may be shown in the value's stead. */
  readonly source: string
  /** The whole scalar is one `${...}`, so that it may stand for a number or a boolean. */
  readonly whole: boolean
  /** What was put in: never to be shown. */
  readonly values: readonly string[]
}

/** The deepest part of `path` that is there, the place of its key (its own in a list), and how much of the path led to it. */
export function locate(root: Tree, path: readonly (string | number)[]): { place: Place; keyPlace: Place; depth: number; tree: Tree } {
  let tree = root
  let keyPlace = root.place
  let depth = 0
  for (const part of path) {
    const entry = tree.kind === 'map' ? tree.entries.get(String(part)) : undefined
    const item = tree.kind === 'list' && typeof part === 'number' ? tree.items[part] : undefined
    const next = entry?.value ?? item
    if (next === undefined) break
    keyPlace = entry?.keyPlace ?? next.place
    tree = next
    depth += 1
  }
  return { place: tree.place, keyPlace, depth, tree }
}
