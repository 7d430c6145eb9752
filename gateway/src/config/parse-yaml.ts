import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLError,
} from 'yaml'
import { interpolate, type References } from './interpolate.ts'
import { formatPath, type ConfigProblem } from './problem.ts'
import { tooDeepAt } from './yaml-depth.ts'
import { MAX_DEPTH, type Entry, type MapTree, type Place, type ScalarTree, type Tree } from './tree.ts'

export interface ParsedYaml {
  readonly tree: Tree
  readonly problems: readonly ConfigProblem[]
  /** The text is not YAML, so that the tree is a guess. */
  readonly broken: boolean
}

type Path = readonly (string | number)[]

/** What comes after so many is of no help to anybody. */
const MOST_FAULTS = 100
/** Characters before a fault that may tell what was meant. */
const NEAR = 200

interface Context {
  readonly file: string
  readonly references: References | undefined
  readonly lines: LineCounter
  readonly anchors: Map<string, Tree>
  readonly problems: ConfigProblem[]
}

/** YAML 1.2 with merge keys (`<<`) -> a tree, `${...}` replaced in its values, or kept where no `references` are given. Never throws. */
export function parseYaml(text: string, { file, references }: { file: string; references?: References }): ParsedYaml {
  const lines = new LineCounter()
  const context: Context = { file, references, lines, anchors: new Map(), problems: [] }
  const deep = tooDeepAt(text)
  if (deep !== undefined) return tooDeep(text, deep, file)
  // Duplicate keys are found below: the package compares each with each, which takes long for a long mapping.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true })
  const faults = [...document.errors, ...document.warnings]
  for (const fault of faults.slice(0, MOST_FAULTS))
    context.problems.push({ ...placeAt(fault.pos[0], context), path: '', ...describeFault(fault, text) })
  const tree = toTree(document.contents, [], context)
  return { tree, problems: context.problems, broken: faults.length > 0 }
}

function tooDeep(text: string, offset: number, file: string): ParsedYaml {
  const before = text.slice(0, offset)
  const place = { file, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
  return { tree: nothing(place), problems: [{ ...place, path: '', message: `nested more than ${MAX_DEPTH} levels deep` }], broken: true }
}

/** What the package quotes of the text is cut off, since it may be a key. */
function describeFault({ code, message, pos }: YAMLError, text: string): { message: string; hint?: string } {
  if (code === 'MULTIPLE_DOCS') return { message: 'a second YAML document begins here; only one is read' }
  if (code === 'TAB_AS_INDENT') return { message: 'a tab is used as indentation; YAML wants spaces' }
  const before = text.slice(Math.max(pos[0] - NEAR, text.lastIndexOf('\n', pos[0] - 1) + 1), pos[0] + 1)
  const unquoted = /[[{,].*[:,[]\s*\$\{/.test(before)
  return {
    message: `not valid YAML: ${lowerFirst(message.replace(/: .*$/s, ''))}`,
    ...(unquoted ? { hint: 'inside { } and [ ] write "${...}" in quotes' } : {}),
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function toTree(node: ParsedNode | null, path: Path, context: Context): Tree {
  const place = placeAt(node?.range[0] ?? 0, context)
  if (node === null) return nothing(place)
  if (path.length > MAX_DEPTH) return { ...nothing(place), problem: `nested more than ${MAX_DEPTH} levels deep` }
  if (isAlias(node)) {
    // Without its name: a key that begins with an asterisk looks like an alias.
    return context.anchors.get(node.source) ?? { ...nothing(place), problem: 'no anchor of this name ends before this alias' }
  }
  const tree = toOwnTree(node, { place, path }, context)
  // Only now: an alias within the part that it stands for would have no end.
  if (node.anchor !== undefined) context.anchors.set(node.anchor, tree)
  return tree
}

function toOwnTree(node: Exclude<ParsedNode, Alias>, at: { place: Place; path: Path }, context: Context): Tree {
  const { place, path } = at
  if (isMap(node)) return toMap(node.items, at, context)
  if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item, index) => toTree(item, [...path, index], context)) }
  return toScalar(node, place, context)
}

function toScalar({ value, type, tag }: Scalar, place: Place, { references }: Context): ScalarTree {
  const quoted = type !== 'PLAIN' || tag !== undefined
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'scalar', place, quoted, value }
  if (value === null) return nothing(place)
  // Bytes, dates and the like, by their tags: to take them for nothing would lose them, and leave a secret where it stands.
  if (typeof value !== 'string') return { ...nothing(place), problem: 'is neither text nor a number nor true or false' }
  if (references === undefined) return { kind: 'scalar', place, quoted, value }
  const result = interpolate(value, references)
  if ('problem' in result) return { ...nothing(place), problem: result.problem }
  return { kind: 'scalar', place, quoted, ...result }
}

function toMap(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], at: { place: Place; path: Path }, context: Context): MapTree {
  const entries = new Map<string, Entry>()
  const merged: Tree[] = []
  for (const pair of pairs) {
    const keyPlace = placeAt(pair.key.range[0], context)
    // Anything else has been reported as not valid (`stringKeys`).
    const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : ''
    const path = [...at.path, key]
    const value = pair.value === null ? nothing(keyPlace) : toTree(pair.value, path, context)
    const earlier = entries.get(key)
    if (earlier !== undefined) {
      report(context, { place: keyPlace, path, message: `given twice; first on line ${earlier.keyPlace.line}` })
    } else if (key === '__proto__') {
      report(context, { place: keyPlace, path, message: 'not a possible key' })
    } else if (key === '<<') {
      merged.push(...(value.kind === 'list' ? value.items : [value]))
    } else {
      entries.set(key, { keyPlace, value })
    }
  }
  for (const source of merged) mergeInto(entries, source, at, context)
  return { kind: 'map', place: at.place, entries }
}

/** What stands there already wins over what is merged in, and the first that is merged in over the later. */
function mergeInto(entries: Map<string, Entry>, source: Tree, { path }: { path: Path }, context: Context): void {
  if (source.kind !== 'map') {
    report(context, { place: source.place, path, message: '<< takes a mapping, or a list of mappings' })
    return
  }
  for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
}

function nothing(place: Place): ScalarTree {
  return { kind: 'scalar', place, value: null, quoted: false }
}

function placeAt(offset: number, { file, lines }: Context): Place {
  const { line, col } = lines.linePos(offset)
  // Of an empty text the package says line 0.
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
}

function report(context: Context, { place, path, message }: { place: Place; path: Path; message: string }): void {
  context.problems.push({ ...place, path: formatPath(path), message })
}
