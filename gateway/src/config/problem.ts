import { relative, sep } from 'node:path'

/** Something in a config file that keeps it from being used. No text in it shows a value that came from the environment. */
export interface ConfigProblem {
  /** As it was given to the loader. */
  readonly file: string
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number
  /** From 1, in UTF-16 code units; 0 where the file as a whole is meant. */
  readonly column: number
  /** Such as `backends[0].url`; empty at the root and where the text is no YAML. */
  readonly path: string
  readonly message: string
  readonly hint?: string
}

/** `jairouter.yaml:12:5: backends[0].wieght: unknown key; did you mean "weight"?`. A file below `directory` is written relative to it. */
export function formatProblem(problem: ConfigProblem, directory?: string): string {
  const { line, column, path, message, hint } = problem
  const file = directory === undefined ? problem.file : shorten(problem.file, directory)
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return [place, ...(path === '' ? [] : [path]), hint === undefined ? message : `${message}; ${hint}`].join(': ')
}

/** `backends[0].url`; a key that is no plain word is written `adapters["a b"]`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

/** By line and column, the files in the order in which they first appear. */
export function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const files = new Map<string, number>()
  for (const { file } of problems) if (!files.has(file)) files.set(file, files.size)
  const rank = ({ file }: ConfigProblem) => files.get(file) ?? 0
  return problems.toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
}

function shorten(file: string, directory: string): string {
  const short = relative(directory, file)
  return short === '' || short === '..' || short.startsWith(`..${sep}`) ? file : short
}
