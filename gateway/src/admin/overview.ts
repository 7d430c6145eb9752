import { OVERVIEW_EXAMPLE, overviewSchema, type Overview } from '@jairouter/contract/management/overview'
import type { RateRing } from '../telemetry/rate-ring.ts'
import type { DayRates } from './day-rates.ts'
import type { LivePort } from './live-port.ts'
import { defineRoute, type AnyRoute } from './route.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export interface OverviewPorts {
  readonly live: Pick<LivePort, 'load' | 'backends' | 'instances'>
  readonly rates: Pick<RateRing, 'over'>
  /** Monotonic milliseconds, as the rates were counted by. */
  readonly monotonic: () => number
  /** Number of the config version in force; undefined where there are no versions. */
  readonly configVersion: () => number | undefined
  /** How many people are signed in; undefined where nobody knows. */
  readonly sessions: () => number | undefined
  /** Makes `sessions` know. Never rejects. */
  readonly countSessions?: () => Promise<void>
  /** The last day; left out where no history is. */
  readonly day?: Pick<DayRates, 'value' | 'refresh'>
}

export function overviewOf({ live, rates, monotonic, configVersion, sessions, day }: OverviewPorts): Overview {
  const { requests, waiting, level } = live.load()
  const backends = { unknown: 0, healthy: 0, warming: 0, unhealthy: 0 }
  for (const { status } of live.backends()) backends[status] += 1
  const instances = live.instances()
  const barred: Record<string, number> = {}
  for (const { barredBy } of instances) if (barredBy !== undefined) barred[barredBy] = (barred[barredBy] ?? 0) + 1
  const now = monotonic()
  return {
    requests,
    waiting,
    level,
    backends,
    instances: { total: instances.length, available: instances.filter(({ available }) => available).length, barred },
    configVersion: configVersion() ?? null,
    sessions: sessions() ?? null,
    lastMinute: rates.over(MINUTE_MS, now),
    lastHour: rates.over(HOUR_MS, now),
    lastDay: day?.value() ?? null,
  }
}

export function overviewRoutes(ports: OverviewPorts): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/overview',
      permission: 'overview.read',
      tag: 'Overview',
      summary: 'The gateway at a glance: now, the last minute, the last hour, the last day',
      description: 'The last minute and hour are of this process; the last day is of the history, and null where there is none.',
      answers: { 200: { description: 'The overview', schema: overviewSchema } },
      example: { answer: OVERVIEW_EXAMPLE },
      handle: async () => {
        await Promise.all([ports.countSessions?.(), ports.day?.refresh()])
        return { body: overviewOf(ports) }
      },
    }),
  ]
}
