import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type ParsedNode } from 'yaml'

/** A setting of the Java program's config, wherever it was written: `a.b: 1` and `a: { b: 1 }` are the same. */
export interface JavaNode {
  /** As written: `model.services.chat.load-balance`. */
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly scalar?: string | number | boolean | null
  readonly items?: readonly JavaNode[]
  /** By relaxed name. */
  readonly entries?: Map<string, JavaNode>
}

export interface JavaDocument {
  readonly root: JavaNode
  /** Of a text that is no YAML, or of which only a part is read. */
  readonly faults: readonly { readonly line: number; readonly message: string; readonly fatal: boolean }[]
}

/** Spring's relaxed names: `base-url`, `baseUrl` and `BASE_URL` are one. */
export function relaxed(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}

/** More than any config has; bounds the recursion. */
const MAX_DEPTH = 64

export function parseJava(text: string): JavaDocument {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const [first, second] = Array.isArray(documents) ? documents : []
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const root: JavaNode = { path: '', line: 1, entries: new Map() }
  if (first === undefined) return { root, faults: [] }
  const faults = first.errors.map(({ pos, code }) => ({ line: lineAt(pos[0]), message: `not valid YAML (${code})`, fatal: true }))
  if (second !== undefined)
    faults.push({ line: lineAt(second.range[0]), message: 'a second document begins here; only the first is read', fatal: false })
  if (faults.some(({ fatal }) => fatal)) return { root, faults }
  insertAll(root, first.contents, { document: first, lineAt, depth: 0 })
  return { root, faults }
}

interface Walk {
  readonly document: Document.Parsed
  readonly lineAt: (offset: number) => number
  readonly depth: number
}

/** The entries of a mapping, dotted names taken apart; what stands later wins, as in Java. */
function insertAll(into: JavaNode, contents: ParsedNode | null, walk: Walk): void {
  const map = resolved(contents, walk)
  if (map === null || !isMap(map) || walk.depth > MAX_DEPTH) return
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : ''
    const line = walk.lineAt(rangeOf(pair.key) ?? rangeOf(pair.value) ?? 0)
    const names = key.split('.')
    let place = into
    for (const name of names.slice(0, -1)) place = child(place, name, line)
    const last = names.at(-1) ?? ''
    const value = toNode(valueOf(pair.value), { ...walk, depth: walk.depth + 1 }, { path: join(place.path, last), line })
    const before = place.entries?.get(relaxed(last))
    if (before?.entries !== undefined && value.entries !== undefined)
      for (const [name, node] of value.entries) before.entries.set(name, node)
    else place.entries?.set(relaxed(last), value)
  }
}

function toNode(node: ParsedNode | null, walk: Walk, at: { readonly path: string; readonly line: number }): JavaNode {
  const value = resolved(node, walk)
  if (value !== null && isMap(value)) {
    const made: JavaNode = { ...at, entries: new Map() }
    insertAll(made, value, walk)
    return made
  }
  if (value !== null && isSeq(value)) {
    const items = value.items.map((item, index) => {
      const line = walk.lineAt(rangeOf(item) ?? 0)
      return toNode(valueOf(item), { ...walk, depth: walk.depth + 1 }, { path: `${at.path}[${index}]`, line })
    })
    return { ...at, items }
  }
  const scalar = value !== null && isScalar(value) ? value.value : null
  const plain = typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean' ? scalar : null
  return { ...at, scalar: plain }
}

function resolved(node: ParsedNode | null, { document, depth }: Walk): ParsedNode | null {
  if (node === null || !isAlias(node) || depth > MAX_DEPTH) return node
  return valueOf(node.resolve(document))
}

function valueOf(node: unknown): ParsedNode | null {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? (node as ParsedNode) : null
}

function rangeOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.range?.[0] : undefined
}

function child(parent: JavaNode, name: string, line: number): JavaNode {
  const known = parent.entries?.get(relaxed(name))
  if (known?.entries !== undefined) return known
  const made: JavaNode = { path: join(parent.path, name), line, entries: new Map() }
  parent.entries?.set(relaxed(name), made)
  return made
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** What stands at a path of relaxed names. */
export function at(node: JavaNode | undefined, ...names: readonly string[]): JavaNode | undefined {
  let current = node
  for (const name of names) current = current?.entries?.get(relaxed(name))
  return current
}

/** Every setting in it that has a value, in the order of the text. */
export function leavesOf(node: JavaNode): readonly JavaNode[] {
  if (node.entries !== undefined) return [...node.entries.values()].flatMap(leavesOf)
  if (node.items !== undefined) return node.items.flatMap(leavesOf)
  return node.path === '' ? [] : [node]
}
