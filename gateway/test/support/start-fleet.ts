import type { ConfigInput } from '@jairouter/contract/config'
import { onTestFinished } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import type { SeenRequest } from '../../src/simulator/seen.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/simulator.ts'
import { chat, type Asked, type AskOptions } from './ask.ts'
import { eventually } from './eventually.ts'
import { startGateway, type ControlParts, type TestGateway } from './start-gateway.ts'
import { startSimulatorForTest } from './start-pair.ts'

export type FleetConfig = Omit<ConfigInput, 'backends'>
export type BackendInput = NonNullable<ConfigInput['backends']>[number]

/** What differs from the usual backend: `{}` is a healthy one that is not probed again while the test runs. */
export interface Member {
  readonly backend?: Partial<BackendInput>
  readonly simulator?: SimulatorOptions
  /** Set before the gateway starts: model or path → fault. */
  readonly faults?: Readonly<Record<string, Fault>>
  /** Refuses connections when the gateway starts. */
  readonly down?: boolean
}

export interface Fleet extends TestGateway {
  /** Backend id → its simulator. */
  readonly simulators: Readonly<Record<string, Simulator>>
  simulator(id: string): Simulator
  /** Model requests that a backend got. */
  posts(id: string): readonly SeenRequest[]
  chat(more?: object, options?: AskOptions): Promise<Asked>
  /** The config that the gateway was started with, to be changed and applied again. */
  readonly config: ConfigInput & { readonly backends: readonly BackendInput[] }
}

/** A gateway before several simulated model servers, named by the keys of `members`; in the end no lease may be open. */
export async function startFleet(
  members: Readonly<Record<string, Member>>,
  more: FleetConfig = {},
  parts: ControlParts = {},
): Promise<Fleet> {
  const simulators: Record<string, Simulator> = {}
  const backends: BackendInput[] = []
  for (const [id, member] of Object.entries(members)) {
    const simulator = await startSimulatorForTest({ name: id, ...member.simulator })
    simulators[id] = simulator
    for (const [key, fault] of Object.entries(member.faults ?? {})) simulator.setFault(key, fault)
    if (member.down === true) await simulator.setDown(true)
    backends.push({ id, type: 'openai-compatible', url: simulator.url, health: QUIET, ...member.backend })
  }
  const config = { ...more, backends }
  const gateway = await startGateway(config, parts)
  endsIdle(gateway)
  const simulator = (id: string) => known(simulators[id], id)
  return {
    ...gateway,
    simulators,
    simulator,
    posts: (id) => simulator(id).seen.filter(({ method }) => method === 'POST'),
    chat: (body, options) => chat(gateway.url, body, options),
    config,
  }
}

/** Probed once at the start, and then not before the test is over. */
export const QUIET = { interval: '1h' } as const

/** Probed all the time, and believed at once. */
export const LIVELY = { interval: '20ms', timeout: '2s', unhealthyAfter: 1, healthyAfter: 1 } as const

/** When the test ends no lease may be open any more. */
export function endsIdle({ gateway }: TestGateway): void {
  onTestFinished(async () => {
    await eventually(() => {
      if (gateway.openLeases() !== 0) throw new Error(`${gateway.openLeases()} leases are still open`)
    })
  })
}

/** How often each value occurs. */
export function countOf(values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** From the times of the attempts: how many calls to a backend were open at the same moment. */
export function mostAtOnce({ records }: Pick<TestGateway, 'records'>, backend: string): number {
  const attempts = records.flatMap((record) => record.attempts).filter((attempt) => attempt.backend === backend)
  const edges = attempts
    .flatMap(({ sentAt, durationMs }) => [[sentAt, 1] as const, [sentAt + durationMs, -1] as const])
    // What ends at a moment makes room for what begins at it.
    .toSorted(([a, down], [b, up]) => a - b || down - up)
  let open = 0
  let most = 0
  for (const [, change] of edges) {
    open += change
    most = Math.max(most, open)
  }
  return most
}

/** Runs `count` tasks, at most `width` at a time, and gives their results in order. */
export async function inParallel<Value>(count: number, width: number, task: (index: number) => Promise<Value>): Promise<Value[]> {
  const results: Value[] = []
  let next = 0
  const worker = async () => {
    for (let index = next; index < count; index = next) {
      next += 1
      results[index] = await task(index)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

function known<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw new Error(`There is no backend ${id} in this test`)
  return value
}
