import type { ConfigInput } from '@jairouter/contract/config'
import OpenAI from 'openai'
import { onTestFinished, vi } from 'vitest'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import type { SeenRequest } from '../../src/simulator/seen.ts'
import { startGateway, type TestGateway } from './start-gateway.ts'

type BackendInput = NonNullable<ConfigInput['backends']>[number]

export interface PairOptions {
  /** The backend's adapter. Default `openai-compatible`. */
  readonly type?: string
  readonly simulator?: SimulatorOptions
  /** Laid over the backend's entry. */
  readonly backend?: Partial<BackendInput>
  /** Laid over the config. */
  readonly config?: Omit<ConfigInput, 'backends'>
}

/** A gateway before one simulated model server, and SDK clients for both: what the gateway gives can be held against the original. */
export interface Pair extends Relayed {
  readonly simulator: Simulator
  readonly direct: OpenAI
  /** Requests for a model that the simulator got, probes left out. */
  readonly posts: () => readonly SeenRequest[]
  /** The only request for a model that the simulator got. */
  readonly sent: () => SeenRequest
}

export interface Relayed {
  readonly gateway: TestGateway
  readonly client: OpenAI
  readonly post: (path: string, body: string | Buffer, headers?: Readonly<Record<string, string>>) => Promise<Response>
}

export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const simulator = await startSimulatorForTest(options.simulator)
  const backend: BackendInput = { id: 'sim', type: options.type ?? 'openai-compatible', url: simulator.url, ...options.backend }
  const relayed = await startRelayed({ ...options.config, backends: [backend] })
  const posts = () => simulator.seen.filter(({ method }) => method === 'POST')
  return {
    ...relayed,
    simulator,
    direct: clientOf(simulator.url, options.simulator?.apiKey),
    posts,
    sent() {
      const [only, ...others] = posts()
      if (only === undefined || others.length > 0) throw new Error(`Expected one request at the simulator, got ${posts().length}`)
      return only
    },
  }
}

export async function startSimulatorForTest(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options)
  onTestFinished(() => simulator.close())
  return simulator
}

/** A gateway with the check that nothing is left in flight when the test ends. */
export async function startRelayed(config: ConfigInput, apiKey?: string): Promise<Relayed> {
  const gateway = await startGateway(config)
  onTestFinished(() => idle(gateway))
  return {
    gateway,
    client: clientOf(gateway.url, apiKey),
    post: (path, body, headers = {}) =>
      fetch(gateway.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }),
  }
}

/** Without retries, which would hide what went wrong and falsify counts. */
export function clientOf(url: string, apiKey = 'client-key-of-the-test'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
}

/** Resolves when no lease is open any more, and rejects when one stays. */
async function idle({ gateway }: TestGateway): Promise<void> {
  await vi.waitFor(
    () => {
      if (gateway.openLeases() !== 0) throw new Error(`${gateway.openLeases()} leases are still open`)
    },
    { timeout: 5_000, interval: 10 },
  )
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

/** The `data` of each event of a stream, in order; comments are left out. */
export function eventsOf(text: string): string[] {
  return text.split('\n\n').flatMap((event) => (event.startsWith('data: ') ? [event.slice('data: '.length)] : []))
}
