import { parseArgs } from 'node:util'
import { duration } from '@jairouter/contract/units'
import { FAULT_NAMES, faultKind } from './faults/table.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'

const FLAGS = {
  port: { type: 'string', about: 'PORT        listen here; 0 takes any free port (default 0)' },
  host: { type: 'string', about: 'HOST        listen on this address (default 127.0.0.1)' },
  name: { type: 'string', about: 'NAME        told in the header x-simulator (default simulator)' },
  models: { type: 'string', about: 'A,B         the models it serves (default: one for each service)' },
  latency: { type: 'string', about: '20ms        from the request to the headers (default 0ms)' },
  'first-token': { type: 'string', about: '50ms        from the headers to the first event (default 0ms)' },
  'tokens-per-second': { type: 'string', about: '40          speed of an answer; 0 sends all at once (default 0)' },
  tokens: { type: 'string', about: '64          length of an answer (default 16)' },
  'api-key': { type: 'string', about: 'KEY         ask for this key as a Bearer token' },
  'list-faults': { type: 'boolean', about: '            show every fault and end' },
  help: { type: 'boolean', about: '            show this and end' },
} as const

type Flag = keyof typeof FLAGS
type Values = Readonly<Partial<Record<Flag, string | boolean>>>

class UsageError extends Error {}

/**
 * `jairouter simulate`: starts a simulated model server and tells where it is. The caller keeps the process alive and
 * closes the simulator. Exit codes: 0 after help or the list, 1 when it cannot listen, 2 for wrong usage.
 */
export async function simulateCommand(
  args: readonly string[],
  write: (line: string) => void,
): Promise<{ readonly simulator: Simulator } | { readonly exitCode: number }> {
  try {
    const values = parseFlags(args)
    if (values.help === true) return show(helpLines(), write)
    if (values['list-faults'] === true) return show(faultLines(), write)
    const simulator = await startSimulator(optionsOf(values))
    for (const line of welcome(simulator)) write(line)
    return { simulator }
  } catch (error) {
    const wrong = error instanceof UsageError
    write(`jairouter simulate: ${error instanceof Error ? error.message : String(error)}`)
    if (wrong) write('Run `jairouter simulate --help` for the flags.')
    return { exitCode: wrong ? 2 : 1 }
  }
}

function parseFlags(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: false })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function optionsOf(values: Values): SimulatorOptions {
  const { host, name } = values
  const models = textOf(values, 'models')
    ?.split(',')
    .map((model) => model.trim())
    .filter(Boolean)
  if (models?.length === 0) throw new UsageError('--models: expected names with commas between, got none')
  const apiKey = textOf(values, 'api-key')
  return {
    port: numberOf(values, 'port', { from: 0, to: 65_535, fallback: 0 }),
    latencyMs: durationOf(values, 'latency'),
    firstTokenMs: durationOf(values, 'first-token'),
    tokensPerSecond: numberOf(values, 'tokens-per-second', { from: 0, to: 1_000_000, fallback: 0 }),
    tokens: numberOf(values, 'tokens', { from: 1, to: 1_000_000, fallback: 16 }),
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(models === undefined ? {} : { models }),
    ...(apiKey === undefined ? {} : { apiKey }),
  }
}

function textOf(values: Values, flag: Flag): string | undefined {
  const value = values[flag]
  if (value === '') throw new UsageError(`--${flag}: expected a value, got an empty one`)
  return typeof value === 'string' ? value : undefined
}

function numberOf(values: Values, flag: Flag, range: { from: number; to: number; fallback: number }): number {
  const text = textOf(values, flag)
  const number = text === undefined ? range.fallback : Number(text)
  if (Number.isInteger(number) && number >= range.from && number <= range.to) return number
  throw new UsageError(`--${flag}: expected a whole number from ${range.from} to ${range.to}, got '${text}'`)
}

function durationOf(values: Values, flag: Flag): number {
  const text = textOf(values, flag)
  if (text === undefined) return 0
  const parsed = duration.safeParse(text)
  if (!parsed.success) throw new UsageError(`--${flag}: ${parsed.error.issues[0]?.message ?? 'expected a duration'}, got '${text}'`)
  return parsed.data
}

function show(lines: readonly string[], write: (line: string) => void): { exitCode: number } {
  for (const line of lines) write(line)
  return { exitCode: 0 }
}

function helpLines(): readonly string[] {
  const flags = Object.entries(FLAGS).map(([name, { about }]) => `  ${`--${name}`.padEnd(20)} ${about}`)
  return [
    'Usage: jairouter simulate [flags]',
    '',
    'A model server that speaks the OpenAI API, says made-up things, and fails on demand.',
    '',
    ...flags,
  ]
}

function faultLines(): readonly string[] {
  const lines = FAULT_NAMES.map((name) => {
    const { about, reads } = faultKind(name)
    return `  ${name.padEnd(26)} ${about}${reads.length > 0 ? ` [${reads.join(' ')}]` : ''}`
  })
  return [
    'Faults, with the parameters that each reads in brackets; all read times, rate and seed:',
    '',
    ...lines,
    '',
    'In the model\'s name: "model": "sim-chat!reset-mid-stream:at=3;times=2"',
    'In a header:         x-simulator-fault: status:status=503;retryAfter=30',
  ]
}

function welcome(simulator: Simulator): readonly string[] {
  const model = simulator.models[0] ?? 'sim-chat'
  return [
    `Simulated model server '${simulator.name}' listens on ${simulator.url}/v1`,
    `Models: ${simulator.models.join(', ')}`,
    `Faults: ask for the model '${model}!reset-mid-stream', or send the header x-simulator-fault; --list-faults shows all`,
  ]
}
