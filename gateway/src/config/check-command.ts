import { parseArgs } from 'node:util'
import type { Config } from '@jairouter/contract/config'
import type { Certificates } from './compile-backends.ts'
import { KEYS_TO_COME } from './compile-auth.ts'
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

/** `--probe`: a backend's id, `all`, or an address. */
export interface ProbeRequest {
  readonly target: string
  readonly json: boolean
  /** Reads and checks the config; `message`: why there is none, or what is wrong with it. */
  readonly read: () => { readonly config: Config; readonly certificates: Certificates } | { readonly message: string }
}

/** Asks backends and returns the exit code. Comes from outside, since this folder knows no network. */
export type RunProbe = (request: ProbeRequest, context: CommandContext) => Promise<number>

const HELP = `Usage: jairouter check [--config FILE] [--probe BACKEND [--json]]

Reads the config file as "serve" would, and prints everything that is wrong with it, with file, line and column.
With --probe, asks a backend what it is: whether it can be reached and takes the key, its models and endpoints, its
version, and whether it looks like what the config says. Nothing is generated: at most 12 small requests, one after
another, 3 s for each and 15 s for all.

Options:
  --config FILE     the file; otherwise $JAIROUTER_CONFIG, ./jairouter.yaml or ./config/jairouter.yaml
  --probe BACKEND   a backend's id, "all" for all that are enabled, or the address of a server that is in no config
  --json            with --probe: the same as JSON
  --help            this text

Environment:
  JAIROUTER_ENV   prod: lays jairouter.prod.yaml over jairouter.yaml

Exit code: 0 nothing is wrong, 1 something is, 2 the command line is. With --probe, 0: every backend is reachable and
authenticated, and has what the config wants of it.`

/** `jairouter check`; returns the exit code. */
export async function checkCommand(args: readonly string[], context: CommandContext, runProbe: RunProbe): Promise<number> {
  const parsed = parseOptions(args)
  if ('message' in parsed) {
    context.writeError(`jairouter check: ${parsed.message}\n\n${HELP}`)
    return 2
  }
  if (parsed.help) {
    context.write(HELP)
    return 0
  }
  const read = () => readConfig(parsed.config, context)
  if (parsed.probe !== undefined) return runProbe({ target: parsed.probe, json: parsed.json, read }, context)
  const result = read()
  context.write('message' in result ? result.message : describeConfig(result, context.cwd))
  return 'message' in result ? 1 : 0
}

interface Options {
  readonly config: string | undefined
  readonly probe: string | undefined
  readonly json: boolean
  readonly help: boolean
}

function parseOptions(args: readonly string[]): Options | { message: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        probe: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { config, probe, json, help } = values
    return json && probe === undefined && !help ? { message: '--json goes with --probe' } : { config, probe, json, help }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}

interface CheckedConfig {
  readonly config: Config
  readonly snapshot: Snapshot
  readonly certificates: Certificates
  /** What is no fault. */
  readonly warnings: readonly ConfigProblem[]
}

function readConfig(option: string | undefined, { env, cwd }: CommandContext): CheckedConfig | { readonly message: string } {
  const found = findConfig({ option, env, cwd })
  if (found === undefined) return { message: `There is no config file: neither ${USUAL_PLACES.map((place) => `./${place}`).join(' nor ')}` }
  const result = 'problems' in found ? found : check(createConfigSource({ ...found, env }))
  return 'problems' in result ? { message: describeProblems(result.problems, cwd) } : result
}

function check(source: ConfigSource): CheckedConfig | { problems: readonly ConfigProblem[] } {
  const loaded = source.read()
  if ('problems' in loaded) return loaded
  const { config, toConfigProblem } = loaded
  // Without a catalog: which models are discovered is not known before a server runs.
  const certificates = source.readCertificates(config)
  const compiled = compile(config, new Map(), { generation: 0, certificates, otherKeys: KEYS_TO_COME })
  if ('problems' in compiled) return { problems: compiled.problems.map(toConfigProblem) }
  return { config, snapshot: compiled.snapshot, certificates, warnings: compiled.warnings.map(toConfigProblem) }
}

function describeProblems(problems: readonly ConfigProblem[], cwd: string): string {
  const lines = inOrder(problems).map((problem) => formatProblem(problem, cwd))
  return `${lines.join('\n')}\n\n${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`
}

const NOBODY = 'nobody can use a model before one is made (jairouter keys create, or over the management API)'

function describeConfig({ config, snapshot, warnings }: CheckedConfig, cwd: string): string {
  const { auth, models, routes, undiscovered } = snapshot
  const disabled = config.backends.filter(({ enabled }) => !enabled).length
  const rows = [
    ['backends', `${config.backends.length}${disabled === 0 ? '' : `, ${disabled} of them disabled`}`],
    ['models', `${models.length}${undiscovered.length === 0 ? '' : `, and those that ${undiscovered.join(', ')} will list`}`],
    ['services', [...routes.keys()].join(', ') || 'as discovered'],
    ['auth', auth.mode],
    ['keys', `${auth.keys.size}${auth.mode === 'required' && auth.keys.size === 0 ? `: ${NOBODY}` : ''}`],
    ...(config.expect.length === 0 ? [] : [['expect', `${config.expect.length}`]]),
  ]
  const lines = ['The config is in order.', ...rows.map(([name = '', value = '']) => `  ${name.padEnd(9)} ${value}`)]
  return [...lines, ...inOrder(warnings).map((warning) => `warning: ${formatProblem(warning, cwd)}`)].join('\n')
}
