import { parseArgs } from 'node:util'
import type { CommandContext } from '../config/check-command.ts'
import { compile } from '../config/compile.ts'
import { findConfig, USUAL_PLACES } from '../config/find.ts'
import { formatProblem, inOrder, type ConfigProblem } from '../config/problem.ts'
import { createConfigSource, type ConfigSource } from '../config/source.ts'
import { runDoctor } from './doctor.ts'
import { RECOMMENDED_POLICIES } from './recommended-policies.ts'
import { formatScorecard, type Scorecard } from './scorecard.ts'
import { FASTEST, SLOWEST } from './time-scale.ts'
import { patientsOf, type Patient } from './user-policies.ts'

const USUAL_SPEED = 20
/** Scenarios mostly wait; more at a time would begin to wait for each other. */
const AT_ONCE = 8

const HELP = `Usage: jairouter doctor [--config FILE | --recommended] [--json] [--speed N]

Plays sixteen ways in which model servers fail against the policies of the config file, streamed and plain: what would
clients get, and what would the servers see? Each chat model is examined with simulated servers in place of its own;
nothing real is called. They give equal answers to equal requests, as real ones do at temperature 0.

  pass       the whole answer, or the refusal that it should be
  degraded   a clean error, or an answer late, where a whole one could be had; the setting to change stands beside it
  fail       a cut answer shown as whole, no end, wrong accounts, or something that was not given back

Options:
  --config FILE   the file; otherwise $JAIROUTER_CONFIG, ./jairouter.yaml or ./config/jairouter.yaml
  --recommended   no config: the policies under which all sixteen pass
  --json          everything that was found, as JSON
  --speed N       times faster than real time, ${SLOWEST} to ${FASTEST} (default ${USUAL_SPEED}); a model takes about 3 minutes divided by it
  --help          this text

Exit code: 0 nothing failed, 1 something did, or the config has problems, 2 the command line is wrong.`

const RECOMMENDED: readonly Patient[] = [{ names: [RECOMMENDED_POLICIES.model], policies: RECOMMENDED_POLICIES }]

interface Options {
  readonly config: string | undefined
  readonly recommended: boolean
  readonly json: boolean
  readonly speed: number
}

/** \`jairouter doctor\`; returns the exit code. */
export async function runDoctorCommand(args: readonly string[], context: CommandContext = ofProcess()): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    if (options === '') context.write(HELP)
    else context.writeError(`jairouter doctor: ${options}\n\n${HELP}`)
    return options === '' ? 0 : 2
  }
  const patients = options.recommended ? RECOMMENDED : findPatients(options.config, context)
  if (typeof patients === 'string') {
    context.write(patients)
    return 1
  }
  if (!options.json) context.write(`Simulated servers, ${options.speed} times faster than real time; nothing real is called.`)
  const cards: { readonly models: readonly string[]; readonly scorecard: Scorecard }[] = []
  for (const { names, policies } of patients) {
    const scorecard = await runDoctor({ policies, speed: options.speed, atOnce: AT_ONCE })
    cards.push({ models: names, scorecard })
    if (!options.json) context.write(`\n${titleOf({ names, policies })}\n\n${formatScorecard(scorecard)}`)
  }
  if (options.json)
    context.write(
      JSON.stringify(
        { speed: options.speed, models: cards.map(({ models, scorecard: { rows, counts } }) => ({ models, counts, rows })) },
        undefined,
        2,
      ),
    )
  return cards.some(({ scorecard }) => scorecard.counts.fail > 0) ? 1 : 0
}

function ofProcess(): CommandContext {
  return {
    env: process.env,
    cwd: process.cwd(),
    write: (text) => void process.stdout.write(`${text}\n`),
    writeError: (text) => void process.stderr.write(`${text}\n`),
  }
}

/** A text where the command line is wrong; an empty one where the help is wanted. */
function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        recommended: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        speed: { type: 'string', default: String(USUAL_SPEED) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return ''
    if (values.recommended && values.config !== undefined) return '--config and --recommended exclude each other'
    const speed = Number(values.speed)
    return values.speed.trim() !== '' && speed >= SLOWEST && speed <= FASTEST
      ? { config: values.config, recommended: values.recommended, json: values.json, speed }
      : `--speed must be a number from ${SLOWEST} to ${FASTEST}, got "${values.speed}"`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Who is to be examined, or why nobody can be. */
function findPatients(option: string | undefined, { env, cwd }: CommandContext): readonly Patient[] | string {
  const found = findConfig({ option, env, cwd })
  if (found === undefined) return `There is no config file: neither ${USUAL_PLACES.map((place) => `./${place}`).join(' nor ')}`
  const result = 'problems' in found ? found : readPatients(createConfigSource({ ...found, env }))
  if ('problems' in result) return describeProblems(result.problems, cwd)
  return result.length > 0 ? result : 'The config has no chat model to examine.'
}

function readPatients(source: ConfigSource): readonly Patient[] | { readonly problems: readonly ConfigProblem[] } {
  const loaded = source.read()
  if ('problems' in loaded) return loaded
  const { config, toConfigProblem } = loaded
  const compiled = compile(config, new Map(), { generation: 0, certificates: source.readCertificates(config) })
  return 'problems' in compiled ? { problems: compiled.problems.map(toConfigProblem) } : patientsOf(config, compiled.snapshot)
}

function describeProblems(problems: readonly ConfigProblem[], cwd: string): string {
  const lines = inOrder(problems).map((problem) => formatProblem(problem, cwd))
  return [...lines, '', 'Nobody was examined: `jairouter check` says the same.'].join('\n')
}

/** `smart, fast: 2 servers, falling back to small`. */
function titleOf({ names, policies: { model, models } }: Patient): string {
  const count = models[model]?.instances.length ?? 0
  const others = Object.keys(models).filter((name) => name !== model)
  const chain = others.length === 0 ? '' : `, falling back to ${others.join(', ')}`
  return `${names.join(', ')}: ${count === 1 ? '1 server' : `${count} servers`}${chain}`
}
