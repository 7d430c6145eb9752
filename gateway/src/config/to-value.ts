import { accepts, rootPlace, stepInto, type SchemaPlace } from './schema-walk.ts'
import { MAX_DEPTH, type Interpolated, type Place, type ScalarTree, type Tree } from './tree.ts'

/** Aliases make a small file large: this bounds what is written out. */
const MAX_NODES = 200_000

export interface TreeProblem {
  readonly place: Place
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** A text that holds something from the environment, and how it stands in the file. */
export interface Taint extends Interpolated {
  readonly value: string
}

export interface TreeValue {
  /** Plain data, as a JSON parser would give it. */
  readonly value: unknown
  readonly problems: readonly TreeProblem[]
  readonly taints: readonly Taint[]
  /** Part of the value was left out because there is too much of it: the schema has nothing to say on the rest. */
  readonly truncated: boolean
}

/**
 * A tree -> the value for the schema. `null` in a mapping means "not given" (a key with nothing behind it), unless the
 * schema knows null there. A value that is one `${...}` becomes a number or a boolean where the schema wants that.
 */
export function toValue(tree: Tree): TreeValue {
  const walk = new Walk()
  const value = walk.convert(tree, [], rootPlace)
  return { value, problems: walk.problems, taints: walk.taints, truncated: walk.truncated }
}

class Walk {
  readonly problems: TreeProblem[] = []
  readonly taints: Taint[] = []
  truncated = false
  #nodes = 0

  convert(tree: Tree, path: readonly (string | number)[], schema: SchemaPlace): unknown {
    if (this.truncated) return undefined
    this.#nodes += 1
    if (this.#nodes > MAX_NODES || path.length > MAX_DEPTH + 1) {
      this.truncated = true
      this.problems.push({ place: tree.place, path, message: 'too large once its aliases are written out' })
      return undefined
    }
    if (tree.kind === 'scalar') return this.#scalar(tree, path, schema)
    if (tree.kind === 'list') return tree.items.map((item, index) => this.convert(item, [...path, index], stepInto(schema, index)))
    const pairs: [string, unknown][] = []
    for (const [key, entry] of tree.entries) {
      const below = stepInto(schema, key)
      const value = this.convert(entry.value, [...path, key], below)
      if (value !== undefined && (value !== null || accepts(below, 'null'))) pairs.push([key, value])
    }
    return Object.fromEntries(pairs)
  }

  #scalar(scalar: ScalarTree, path: readonly (string | number)[], schema: SchemaPlace): unknown {
    const { value, interpolated, problem, place } = scalar
    if (problem !== undefined) {
      this.problems.push({ place, path, message: problem })
      return undefined
    }
    if (interpolated === undefined || typeof value !== 'string') return value
    if (interpolated.values.length > 0) this.taints.push({ value, ...interpolated })
    return interpolated.whole ? resolve(value, scalar.quoted, schema) : value
  }
}

const NUMBER = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/
const BOOLEAN = /^(true|True|TRUE|false|False|FALSE)$/

/** By the rules of YAML for unquoted text, as far as the schema has a use for the result. Quoted text stays text where text may stand. */
function resolve(text: string, quoted: boolean, schema: SchemaPlace): unknown {
  if (accepts(schema, 'string') && (quoted || !(accepts(schema, 'number') || accepts(schema, 'boolean')))) return text
  if (text === '') return accepts(schema, 'string') ? text : null
  if (NUMBER.test(text) && accepts(schema, 'number')) return Number(text)
  if (BOOLEAN.test(text) && accepts(schema, 'boolean')) return text.toLowerCase() === 'true'
  return text
}
