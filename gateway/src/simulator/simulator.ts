import type { Socket } from 'node:net'
import { createDesk } from './desk.ts'
import { createExchange } from './exchange.ts'
import { createFaultSwitch, type FaultSwitch } from './fault-switch.ts'
import type { Fault } from './faults/fault.ts'
import { createListener } from './listener.ts'
import { endSocket } from './play.ts'
import { createSeenList, type SeenRequest } from './seen.ts'
import { createWatchers } from './watchers.ts'

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Told in the header `x-simulator` and in `system_fingerprint`. Default `simulator`. */
  readonly name?: string
  /** Default: one for each service, `sim-chat` and so on. Each model answers on every endpoint. */
  readonly models?: readonly string[]
  /** When given, asked for as a Bearer token everywhere but on /health and /version. */
  readonly apiKey?: string
  /** From the request to the headers. Default 0. */
  readonly latencyMs?: number
  /** From the headers to the first event of a stream; a plain answer waits for it too. Default 0. */
  readonly firstTokenMs?: number
  /** Default 0: all at once, one write for each event. */
  readonly tokensPerSecond?: number
  /** Length of an answer in tokens. Default 16. */
  readonly tokens?: number
  /** Keeps the last requests in `seen`: 10,000 of them, or fewer when their bodies take more than 256 MiB. Default true. */
  readonly record?: boolean
  /** Answers also where something else than `/v1` stands before `/chat/completions` and the like. Default false. */
  readonly anyPrefix?: boolean
}

/** A simulated model server on a real socket. */
export interface Simulator {
  /** The server's root, without `/v1` and without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly name: string
  readonly models: readonly string[]
  readonly seen: readonly SeenRequest[]
  /** Requests whose connection still waits for the end of the answer. */
  inFlight(): number
  /** Open connections. */
  connections(): number
  /**
   * `model` is a name without a fault, a path such as `/health`, or `*` for every request to a model. A fault in the
   * request itself (header first, then the model's name) goes before these.
   */
  setFault(model: string, fault: Fault | undefined): void
  /** True closes the listener and all connections, so that new ones are refused; false listens again on the same port. */
  setDown(down: boolean): Promise<void>
  setModels(models: readonly string[]): void
  /** Resolves once the predicate holds; asked anew at every request, end of an answer and closed connection. Default limit 5,000 ms. */
  waitFor(predicate: (simulator: Simulator) => boolean, timeoutMs?: number): Promise<void>
  /** Forgets faults and requests seen. */
  reset(): void
  close(): Promise<void>
}

const DEFAULT_MODELS: readonly string[] = ['sim-chat', 'sim-embedding', 'sim-rerank', 'sim-tts', 'sim-stt', 'sim-image', 'sim-moderation']
const SEEN_LIMITS = { requests: 10_000, bodyBytes: 268_435_456 }

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', name = 'simulator', tokens = 16 } = options
  const faults = createFaultSwitch()
  const watchers = createWatchers()
  const seen = createSeenList(SEEN_LIMITS)
  const pace = { latencyMs: options.latencyMs ?? 0, firstTokenMs: options.firstTokenMs ?? 0, tokensPerSecond: options.tokensPerSecond ?? 0 }
  let models = options.models ?? DEFAULT_MODELS
  const exchange = createExchange({ pace, apiKey: options.apiKey, anyPrefix: options.anyPrefix ?? false, faults }, { name, models, tokens })
  const desk = createDesk({ exchange, watchers, record: options.record === false ? undefined : seen })
  const listener = await createListener({
    address: { host, port: options.port ?? 0 },
    onRequest: desk.serve,
    onConnection: (socket) => refuse(socket, faults),
    onChange: watchers.wake,
  })

  const simulator: Simulator = {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`,
    port: listener.port,
    name,
    get models() {
      return models
    },
    seen: seen.entries,
    inFlight: desk.inFlight,
    connections: listener.connections,
    setFault: faults.set,
    async setDown(down) {
      desk.ownDoing(true)
      await (down ? listener.shut() : listener.open())
      desk.ownDoing(down)
    },
    setModels(next) {
      models = next
      exchange.setPersona({ name, models, tokens })
    },
    waitFor: (predicate, timeoutMs = 5_000) =>
      watchers.wait(
        () => predicate(simulator),
        timeoutMs,
        () => `${name} has seen ${seen.entries.length} requests, ${desk.inFlight()} in flight, ${listener.connections()} connections`,
      ),
    reset() {
      faults.clear()
      seen.clear()
    },
    async close() {
      desk.ownDoing(true)
      await listener.shut()
    },
  }
  return simulator
}

/** A fault of the connection itself, for everybody: nobody's request has to be read for it. */
function refuse(socket: Socket, faults: FaultSwitch): void {
  const fault = faults.get('*')
  if (fault?.name !== 'reset-on-accept' && fault?.name !== 'close-on-accept') return
  if (faults.strikes('set *', fault)) endSocket(socket, fault.name === 'reset-on-accept' ? 'reset' : 'fin')
}
