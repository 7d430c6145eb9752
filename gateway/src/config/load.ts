import { configSchema, type Config } from '@jairouter/contract/config'
import type { CompileProblem } from './compile-problem.ts'
import type { References } from './interpolate.ts'
import { explainIssues, type Finding } from './issues.ts'
import { overlayTree } from './overlay.ts'
import { parseYaml, type ParsedYaml } from './parse-yaml.ts'
import { formatPath, inOrder, type ConfigProblem } from './problem.ts'
import { describeReadError, MAX_CONFIG_BYTES, readBounded } from './read-file.ts'
import { createRedactor } from './redact.ts'
import { toValue, type TreeProblem } from './to-value.ts'
import { locate, type Tree } from './tree.ts'

export interface LoadOptions extends References {
  readonly file: string
  /** Laid over `file`. */
  readonly overlay?: string | undefined
  /** Throws as node:fs does. */
  readonly readFile?: (file: string) => Uint8Array
}

interface LoadedConfig {
  readonly config: Config
  /** Leads a problem that `compile` found back to its place in the file, and keeps values from the environment out of it. */
  readonly toConfigProblem: (problem: CompileProblem) => ConfigProblem
}

export type LoadResult = LoadedConfig | { readonly problems: readonly ConfigProblem[] }

/** Reads and checks a config file with its overlay; shows all problems at once, in the order of their places. Does not throw. */
export function loadConfig(options: LoadOptions): LoadResult {
  const files = options.overlay === undefined ? [options.file] : [options.file, options.overlay]
  const parsed = files.map((file) => parseFile(file, options))
  const problems = parsed.flatMap((part) => part.problems)
  const [base, overlay] = parsed
  if (base === undefined || parsed.some(({ broken }) => broken)) return { problems: inOrder(problems) }

  const tree = overlay === undefined ? base.tree : layOver(base.tree, overlay.tree)
  const { value, problems: treeProblems, taints, truncated } = toValue(tree)
  problems.push(...treeProblems.map(fromTreeProblem))
  if (truncated) return { problems: inOrder(problems) }

  const redact = createRedactor(taints)
  const toConfigProblem = (finding: Finding) => placeFinding(tree, finding, redact)
  // A file with nothing but comments is a config without settings.
  const input = value ?? {}
  const result = configSchema.safeParse(input)
  const unread = new Set(treeProblems.map(({ path }) => formatPath(path)))
  const findings = result.success ? [] : explainIssues(result.error.issues, input).filter(({ path }) => !unread.has(formatPath(path)))
  problems.push(...findings.map(toConfigProblem))
  if (result.success && problems.length === 0) return { config: result.data, toConfigProblem }
  return { problems: inOrder(problems) }
}

function parseFile(file: string, { env, secretOf, readFile = readBounded }: LoadOptions): ParsedYaml {
  try {
    const bytes = readFile(file)
    if (bytes.length > MAX_CONFIG_BYTES) return unreadable(file, `is larger than ${MAX_CONFIG_BYTES / 1024 ** 2} MB`)
    const text = decode(bytes)
    if (text === undefined) return unreadable(file, 'is not UTF-8 text')
    // Nearly always a file that is just being written; taken for a config it would remove every backend.
    return text.trim() === '' ? unreadable(file, 'is empty') : parseYaml(text, { file, references: { env, secretOf } })
  } catch (error) {
    return unreadable(file, describeReadError(error))
  }
}

function unreadable(file: string, message: string): ParsedYaml {
  const place = { file, line: 0, column: 0 }
  return { tree: { kind: 'scalar', place, value: null, quoted: false }, problems: [{ ...place, path: '', message }], broken: true }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** An overlay of comments changes nothing, and over such a base it is all there is. */
function layOver(base: Tree, overlay: Tree): Tree {
  return overlay.kind === 'scalar' && overlay.value === null && overlay.problem === undefined ? base : overlayTree(base, overlay)
}

function fromTreeProblem({ place, path, message }: TreeProblem): ConfigProblem {
  return { ...place, path: formatPath(path), message }
}

function placeFinding(tree: Tree, { path, message, hint, atKey }: Finding, redact: (text: string) => string): ConfigProblem {
  const found = locate(tree, path)
  return {
    ...(atKey === true ? found.keyPlace : found.place),
    path: formatPath(path),
    message: redact(message),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
  }
}
