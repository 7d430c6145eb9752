import { createCallHistory, type CallHistory } from '../../src/history/call-history.ts'
import type { HistoryStore } from '../../src/history/port.ts'
import { EventBus } from '../../src/telemetry/event-bus.ts'
import { RateRing } from '../../src/telemetry/rate-ring.ts'
import { startFleet, type Fleet, type FleetConfig, type Member } from '../support/start-fleet.ts'
import { whenOver } from '../support/when-over.ts'

export interface Recorded {
  readonly fleet: Fleet
  readonly history: CallHistory
  readonly rates: RateRing
}

/** A gateway before simulated servers whose requests are kept in that store. */
export async function startRecorded(
  members: Readonly<Record<string, Member>>,
  { store, ...config }: FleetConfig & { readonly store: HistoryStore },
): Promise<Recorded> {
  const found: { fleet?: Fleet } = {}
  const snapshot = () => {
    if (found.fleet === undefined) throw new Error('asked before the gateway is there')
    return found.fleet.gateway.snapshot
  }
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const history = createCallHistory({ store, snapshot, log })
  const rates = new RateRing()
  const fleet = await startFleet(members, config, { observers: { events: new EventBus({ now: Date.now }), rates, history: history.sink } })
  found.fleet = fleet
  whenOver(() => history.close())
  return { fleet, history, rates }
}
