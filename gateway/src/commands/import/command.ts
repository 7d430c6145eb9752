import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { CommandContext } from '../../config/check-command.ts'
import { compile } from '../../config/compile.ts'
import { loadConfig } from '../../config/load.ts'
import { formatProblem } from '../../config/problem.ts'
import { importJava, type JavaImport } from './import-java.ts'

const HELP = `Usage: jairouter import FILE [--out FILE]

Reads the YAML of a Java JAiRouter and writes a config for this one. Says of each line what became of it, on standard
error; no value is shown, since it may be a secret.

  --out FILE   where the config goes, a file that does not exist yet; otherwise to standard output
  --help       this text

Exit code: 0 the new config is in order, 1 it needs a hand, or the file could not be read, 2 the command line is wrong.`

/** `jairouter import`; returns the exit code. */
export function importCommand(args: readonly string[], context: CommandContext): number {
  const options = readOptions(args)
  if ('message' in options) {
    context.writeError(`jairouter import: ${options.message}\n\n${HELP}`)
    return 2
  }
  if (options.help) {
    context.write(HELP)
    return 0
  }
  let imported: JavaImport
  try {
    imported = importJava(readFileSync(options.file, 'utf8'))
  } catch (error) {
    context.writeError(`jairouter import: ${options.file} can't be read: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
  for (const { line, message } of imported.faults) context.writeError(`${options.file}:${line}: ${message}`)
  if (imported.faults.some(({ fatal }) => fatal)) return 1
  for (const { line, path, to, note } of imported.lines) {
    const what = to === undefined ? 'not mapped' : `-> ${to}`
    context.writeError(`${options.file}:${line}: ${path} ${what}${note === undefined ? '' : `: ${note}`}`)
  }
  const problems = problemsOf(imported.yaml, context)
  for (const problem of problems) context.writeError(problem)
  const mapped = imported.lines.filter(({ to }) => to !== undefined).length
  context.writeError(`${mapped} of ${imported.lines.length} settings were mapped`)
  if (!writeResult(imported.yaml, options.out, context)) return 1
  return problems.length === 0 ? 0 : 1
}

type Options = { readonly file: string; readonly out: string | undefined; readonly help: boolean } | { readonly message: string }

function readOptions(args: readonly string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    })
    const [file, more] = positionals
    if (values.help) return { file: '', out: undefined, help: true }
    if (file === undefined || more !== undefined) return { message: 'expected one file' }
    return { file, out: values.out, help: false }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}

/** What keeps the result from being used as it is. */
function problemsOf(yaml: string, { env }: CommandContext): readonly string[] {
  const name = 'imported'
  const loaded = loadConfig({ file: name, env: withEveryName(yaml, env), readFile: () => new TextEncoder().encode(yaml) })
  if ('problems' in loaded) return loaded.problems.map((problem) => formatProblem(problem))
  const compiled = compile(loaded.config, new Map(), { generation: 0 })
  return 'problems' in compiled ? compiled.problems.map((problem) => formatProblem(loaded.toConfigProblem(problem))) : []
}

/** The variables need not be set where the file is imported. */
function withEveryName(yaml: string, env: CommandContext['env']): CommandContext['env'] {
  const names = [...yaml.matchAll(/\$\{([A-Za-z_]\w*)/g)].map(([, name = '']) => [name, 'given-when-it-runs'] as const)
  return { ...Object.fromEntries(names), ...env }
}

function writeResult(yaml: string, out: string | undefined, context: CommandContext): boolean {
  if (out === undefined) {
    context.write(yaml.trimEnd())
    return true
  }
  try {
    // It may hold keys, and must not take the place of another config.
    writeFileSync(out, yaml, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    context.writeError(`jairouter import: ${out} can't be written: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}
