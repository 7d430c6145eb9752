import { createGateway, type Gateway } from '../gateway.ts'
import { startSimulator, type Simulator } from '../simulator/simulator.ts'
import type { SeenRequest } from '../simulator/seen.ts'
import { createLogger } from '../telemetry/log.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import { benchConfig, seatsOf } from './bench-config.ts'
import { SIMULATED_MODEL, TOKENS } from './conversation.ts'
import type { DoctorPolicies } from './policies.ts'
import type { Hurry } from './time-scale.ts'
import { parseSamples, type Sample } from './read-samples.ts'

/** A gateway in this process over simulated servers, all on free ports of loopback. */
export interface Bench {
  readonly url: string
  readonly gateway: Gateway
  /** The servers of the examined model. */
  readonly pool: readonly Simulator[]
  /** Those of the models that it falls back to. */
  readonly spare: readonly Simulator[]
  /** Settled requests. */
  readonly records: readonly RequestRecord[]
  samples(): Promise<readonly Sample[]>
  /** Stops the gateway; the servers stay. */
  stopGateway(): Promise<void>
  close(): Promise<void>
}

export async function startBench(policies: DoctorPolicies, hurry: Hurry): Promise<Bench> {
  const simulators = new Map<string, Simulator>()
  const close = async () => {
    // Whoever still watches a server that nobody asked is woken by a request; its timer would keep the process.
    await Promise.all([...simulators.values()].map(({ url }) => fetch(`${url}/health`, { headers: { connection: 'close' } })))
    await Promise.all([...simulators.values()].map((simulator) => simulator.close()))
  }
  try {
    const seats = seatsOf(policies)
    for (const { id } of seats) simulators.set(id, await startSimulator({ name: id, models: [SIMULATED_MODEL], tokens: TOKENS }))
    const config = benchConfig(policies, { ...hurry, urlOf: (id) => simulators.get(id)?.url ?? '' })
    const records: RequestRecord[] = []
    const gateway = createGateway({
      loaded: { config, certificates: new Map() },
      log: createLogger({ level: 'silent', destination: { write: () => {} } }),
      onSettled: (record) => void records.push(record),
    })
    const url = await gateway.listen()
    const serversOf = (examined: boolean) =>
      seats.flatMap(({ id, model }) => ((model === policies.model) === examined ? (simulators.get(id) ?? []) : []))
    const stopGateway = () => gateway.stop('now')
    return {
      url,
      gateway,
      pool: serversOf(true),
      spare: serversOf(false),
      records,
      samples: async () => parseSamples(await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()),
      stopGateway,
      async close() {
        await stopGateway()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The chats that a server was asked for. */
export function chatsOf({ seen }: Simulator): readonly SeenRequest[] {
  return seen.filter(({ method }) => method === 'POST')
}
