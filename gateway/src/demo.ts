import { parseArgs } from 'node:util'
import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import OpenAI from 'openai'
import { createGateway } from './gateway.ts'
import { exitSoon, untilStopped } from './signals.ts'
import { startSimulator, type Simulator } from './simulator/simulator.ts'
import { createLogger, terminalDestination } from './telemetry/log.ts'

const USAGE = `Usage: jairouter demo [--once] [--port N]

Starts two simulated model servers and the gateway, sends one streamed chat through it with the official OpenAI SDK,
and stays up until Ctrl-C.

  --once     end after the chat
  --port N   the gateway's port (default: a free one)`

/** The simulator's default models, and what each is for: a list of names alone would put each under every service. */
const MODELS: NonNullable<ConfigInput['backends']>[number]['models'] = [
  { name: 'sim-chat', services: ['chat'] },
  { name: 'sim-embedding', services: ['embedding'] },
  { name: 'sim-rerank', services: ['rerank'] },
  { name: 'sim-tts', services: ['tts'] },
  { name: 'sim-stt', services: ['stt'] },
  { name: 'sim-image', services: ['image', 'imageEdit'] },
  { name: 'sim-moderation', services: ['moderation'] },
]

/** `jairouter demo`: the whole way on one machine, without a model server and without a config file. */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    const help = options === ''
    ;(help ? process.stdout : process.stderr).write(`${help ? '' : `jairouter demo: ${options}\n\n`}${USAGE}\n`)
    return help ? 0 : 2
  }
  const stopped = untilStopped(() => process.exit(0))
  const simulators = await Promise.all(
    ['sim-1', 'sim-2'].map((name) => startSimulator({ name, tokensPerSecond: 40, firstTokenMs: 50, record: false })),
  )
  const config = configSchema.parse({
    server: { port: options.port, drain: { accept: '0ms', grace: '5s' } },
    services: { chat: { balance: 'round-robin' } },
    backends: simulators.map(({ name, url }) => ({ id: name, type: 'openai-compatible', url, models: MODELS })),
  })
  const gateway = createGateway({
    loaded: { config, certificates: new Map() },
    log: createLogger({ level: 'warn', destination: await terminalDestination() }),
  })
  try {
    const url = await gateway.listen()
    await gateway.firstRound()
    introduce(url, simulators, gateway.snapshot.models)
    await chat(url)
    if (options.once) return 0
    say('\nThe gateway stays up; Ctrl-C ends it.')
    await stopped
    exitSoon()
    return 0
  } catch (error) {
    process.stderr.write(`jairouter demo: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  } finally {
    await gateway.stop()
    await Promise.all(simulators.map((simulator) => simulator.close()))
  }
}

function readOptions(args: readonly string[]): { once: boolean; port: number } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) return ''
    const port = Number(values.port)
    return Number.isInteger(port) && port >= 0 && port <= 65_535
      ? { once: values.once, port }
      : `--port must be a number from 0 to 65535, got "${values.port}"`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function introduce(url: string, simulators: readonly Simulator[], models: readonly { id: string; services: readonly string[] }[]): void {
  say(`JAiRouter listens at ${url}, in front of ${simulators.map(({ name, url: at }) => `${name} (${at})`).join(' and ')}`)
  say(`Models: ${models.map(({ id }) => id).join(', ')}`)
  say('\nTry it:')
  say(`  curl -N ${url}/v1/chat/completions -H 'content-type: application/json' \\`)
  say(`    -d '{"model":"sim-chat","stream":true,"messages":[{"role":"user","content":"Hello"}]}'\n`)
}

async function chat(url: string): Promise<void> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'demo', maxRetries: 0 })
  say('A streamed chat through the gateway, with the official OpenAI SDK:')
  const { data: stream, response } = await client.chat.completions
    .create({ model: 'sim-chat', stream: true, messages: [{ role: 'user', content: 'Hello' }] })
    .withResponse()
  process.stdout.write('  ')
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '')
  const header = (name: string) => response.headers.get(name) ?? '?'
  say(`\n  answered by ${header('x-jairouter-backend')}; the gateway took ${header('x-jairouter-overhead-ms')} ms of its own`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
