import { parseArgs } from 'node:util'
import type { Config } from '@jairouter/contract/config'
import { compile } from './compile.ts'
import { findConfig, USUAL_PLACES } from './find.ts'
import type { Environment } from './interpolate.ts'
import { formatProblem, inOrder, type ConfigProblem } from './problem.ts'
import type { Snapshot } from './snapshot.ts'
import { createConfigSource, type ConfigSource } from './source.ts'

export interface CommandContext {
  readonly env: Environment
  readonly cwd: string
  /** Both take text without a line end at its end. */
  readonly write: (text: string) => void
  readonly writeError: (text: string) => void
}

const HELP = `Usage: jairouter check [--config FILE]

Reads the config file as "serve" would, and prints everything that is wrong with it, with file, line and column.

Options:
  --config FILE   the file; otherwise $JAIROUTER_CONFIG, ./jairouter.yaml or ./config/jairouter.yaml
  --help          this text

Environment:
  JAIROUTER_ENV   prod: lays jairouter.prod.yaml over jairouter.yaml

Exit code: 0 nothing is wrong, 1 something is, 2 the command line is.`

/** \`jairouter check\`; returns the exit code. */
export async function checkCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseOptions(args)
  if ('message' in parsed) {
    context.writeError(`jairouter check: ${parsed.message}\n\n${HELP}`)
    return 2
  }
  if (parsed.help) {
    context.write(HELP)
    return 0
  }
  const found = findConfig({ option: parsed.config, env: context.env, cwd: context.cwd })
  if (found === undefined) {
    context.write(`There is no config file: neither ${USUAL_PLACES.map((place) => `./${place}`).join(' nor ')}`)
    return 1
  }
  const result = 'problems' in found ? found : check(createConfigSource({ ...found, env: context.env }))
  if ('problems' in result) {
    context.write(describeProblems(result.problems, context.cwd))
    return 1
  }
  context.write(describeConfig(result.config, result.snapshot))
  return 0
}

function parseOptions(args: readonly string[]): { config: string | undefined; help: boolean } | { message: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
    return { config: values.config, help: values.help === true }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}

function check(source: ConfigSource): { config: Config; snapshot: Snapshot } | { problems: readonly ConfigProblem[] } {
  const loaded = source.read()
  if ('problems' in loaded) return loaded
  const { config, toConfigProblem } = loaded
  // Without a catalog: which models are discovered is not known before a server runs.
  const compiled = compile(config, new Map(), { generation: 0, certificates: source.readCertificates(config) })
  return 'problems' in compiled ? { problems: compiled.problems.map(toConfigProblem) } : { config, snapshot: compiled.snapshot }
}

function describeProblems(problems: readonly ConfigProblem[], cwd: string): string {
  const lines = inOrder(problems).map((problem) => formatProblem(problem, cwd))
  return `${lines.join('\n')}\n\n${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`
}

function describeConfig(config: Config, { auth, models, routes, undiscovered }: Snapshot): string {
  const disabled = config.backends.filter(({ enabled }) => !enabled).length
  const rows = [
    ['backends', `${config.backends.length}${disabled === 0 ? '' : `, ${disabled} of them disabled`}`],
    ['models', `${models.length}${undiscovered.length === 0 ? '' : `, and those that ${undiscovered.join(', ')} will list`}`],
    ['services', [...routes.keys()].join(', ') || 'as discovered'],
    ['auth', auth.mode],
    ['keys', `${auth.keys.size}`],
  ]
  return ['The config is in order.', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(9)} ${value}`)].join('\n')
}
