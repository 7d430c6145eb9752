import { parseYaml } from '../parse-yaml.ts'
import type { ConfigProblem } from '../problem.ts'
import { formatPath } from '../problem.ts'
import { overlayTree } from '../overlay.ts'
import { MAX_DEPTH, type Tree } from '../tree.ts'
import type { PlainMap } from './plain.ts'

/** Aliases make a small text large: this bounds what is written out. */
const MAX_NODES = 200_000

export type Written = { readonly value: PlainMap } | { readonly problems: readonly ConfigProblem[] }

/** A config text as plain data, references such as `${VAR}` as they are written; with an overlay laid over it. Problems: it is no YAML, or no mapping. */
export function readWritten(text: string, overlay?: string): Written {
  const base = parseYaml(text, { file: 'config' })
  const over = overlay === undefined ? undefined : parseYaml(overlay, { file: 'overlay' })
  const problems = [...base.problems, ...(over?.problems ?? [])]
  if (problems.length > 0) return { problems }
  const tree = over === undefined || isNothing(over.tree) ? base.tree : overlayTree(base.tree, over.tree)
  const budget: Budget = { nodes: MAX_NODES, problems: [] }
  const value = plainOf(tree, budget, 0)
  const { place } = tree
  if (budget.nodes < 0) return { problems: [{ ...place, path: '', message: 'too large once its aliases are written out' }] }
  if (budget.problems.length > 0) return { problems: budget.problems }
  if (value === null) return { value: {} }
  if (typeof value !== 'object' || Array.isArray(value))
    return { problems: [{ ...place, path: formatPath([]), message: 'expected a mapping' }] }
  return { value: value as PlainMap }
}

interface Budget {
  nodes: number
  /** Of what can't be said in plain data: it would be lost where the text is written anew. */
  readonly problems: ConfigProblem[]
}

function plainOf(tree: Tree, budget: Budget, depth: number): unknown {
  budget.nodes -= 1
  if (depth > MAX_DEPTH + 1) budget.nodes = -1
  if (budget.nodes < 0) return null
  if (tree.kind === 'scalar') {
    if (tree.problem !== undefined) budget.problems.push({ ...tree.place, path: '', message: tree.problem })
    return tree.value
  }
  if (tree.kind === 'list') return tree.items.map((item) => plainOf(item, budget, depth + 1))
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plainOf(value, budget, depth + 1)]))
}

function isNothing(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null && tree.problem === undefined
}
