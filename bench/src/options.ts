import { parseArgs } from 'node:util'
import { SCENARIOS } from './scenarios.ts'

export interface BenchOptions {
  /** Rounds of all scenarios and targets. */
  readonly rounds: number
  /** Length of a window. */
  readonly seconds: number
  readonly scenarios: readonly string[]
  /** A quick look whether everything works: its figures are rough, and its bounds decide nothing. */
  readonly short: boolean
  /** Only the gateway, under `--cpu-prof`. */
  readonly profile: boolean
  /** Where the result goes; `results/<date>-<commit>.json` when left out. */
  readonly json: string | undefined
}

export const USAGE = `Usage: npm run bench -- [options]

  --rounds N        rounds of interleaved windows (default 5)
  --seconds N       length of a window, whole seconds (default 4)
  --scenarios LIST  only these, comma separated: ${SCENARIOS.map(({ id }) => id).join(', ')}
  --short           one round of one-second windows, about 30 s; its bounds decide nothing
  --profile         only the gateway under load, with a CPU profile (default scenario json-small-32)
  --json FILE       where the result goes (default bench/results/<date>-<commit>.json)
  --help            this text

Exit codes: 0 ok, 1 a bound was missed or something could not be measured, 2 bad usage.`

/** Returns a text when the command line is wrong or help is asked for. */
export function parseOptions(args: readonly string[]): BenchOptions | { readonly usageError: string } | 'help' {
  let values
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        scenarios: { type: 'string' },
        short: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }))
  } catch (error) {
    return { usageError: error instanceof Error ? error.message : String(error) }
  }
  if (values.help) return 'help'
  const { short, profile } = values
  const rounds = countOf(values.rounds, short || profile ? 1 : 5)
  if (rounds === undefined) return { usageError: '--rounds must be a whole number from 1 to 100' }
  const seconds = countOf(values.seconds, short ? 1 : profile ? 10 : 4)
  if (seconds === undefined) return { usageError: '--seconds must be a whole number from 1 to 100' }
  const known = SCENARIOS.map(({ id }) => id)
  const wanted = values.scenarios?.split(',').map((name) => name.trim()) ?? (profile ? ['json-small-32'] : known)
  const unknown = wanted.filter((name) => !known.includes(name))
  if (unknown.length > 0) return { usageError: `no scenario ${unknown.join(', ')}; there are ${known.join(', ')}` }
  return { rounds, seconds, scenarios: known.filter((name) => wanted.includes(name)), short, profile, json: values.json }
}

function countOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise
  return /^[1-9]\d?$|^100$/.test(text) ? Number(text) : undefined
}
