import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import type { RequestRecord } from '../../src/telemetry/request-record.ts'
import { whenOver } from './when-over.ts'

/** What the control plane brings along. */
export type ControlParts = Pick<GatewayOptions, 'access' | 'budgets' | 'keyUses' | 'observers' | 'configVersion' | 'storeMeter'>

export interface TestGateway {
  readonly gateway: Gateway
  readonly url: string
  readonly records: readonly RequestRecord[]
  /** Everything that was logged, as text. */
  readonly logged: () => string
  /** Resolves when that many requests were settled. */
  settled(count: number): Promise<void>
  apply(config: ConfigInput): readonly string[]
}

/** A real gateway on a free port of loopback; stopped when the test ends, or the file, with the check that nothing is left in flight. */
export async function startGateway(config: ConfigInput, parts: ControlParts = {}): Promise<TestGateway> {
  const records: RequestRecord[] = []
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const gateway = createGateway({
    loaded: { config: parse(config), certificates: new Map() },
    log,
    ...parts,
    onSettled: (record) => {
      records.push(record)
      for (const check of waiting) check()
    },
  })
  const url = await gateway.listen()
  await gateway.firstRound()
  whenOver(() => gateway.stop('now'))
  return {
    gateway,
    url,
    records,
    logged: () => lines.join(''),
    settled: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (records.length < count) return
          waiting.delete(check)
          // The log, the metrics and the rest are told in the loop's next phase.
          setImmediate(resolve)
        }
        waiting.add(check)
        check()
      }),
    apply: (next) => gateway.apply({ config: parse(next), certificates: new Map() }).map(({ message }) => message),
  }
}

function parse(config: ConfigInput) {
  return configSchema.parse({
    log: { level: 'info' },
    ...config,
    // A busy machine is not what these tests are about; those that are say so.
    server: { port: 0, overload: { enabled: false }, drain: { accept: '0ms', grace: '5s' }, ...config.server },
  })
}
