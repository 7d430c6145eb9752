import { auditRoutes } from './audit.ts'
import { DayRates } from './day-rates.ts'
import { eventRoutes } from './events.ts'
import { historyTailRoutes } from './history-tail.ts'
import { instanceRoutes } from './instances.ts'
import type { JobBoard } from './job-board.ts'
import { jobRoutes } from './jobs.ts'
import { limitRoutes } from './limits.ts'
import type { LiveControlOptions } from './live-control.ts'
import type { OverrideDesk } from './override-desk.ts'
import { overviewRoutes } from './overview.ts'
import type { AnyRoute } from './route.ts'
import { searchRoutes } from './search.ts'
import { instancePastRoutes } from './series/instance-past.ts'
import { streamRoutes } from './stream.ts'
import { StreamDesk } from './streaming/stream-desk.ts'
import { createTopics } from './streaming/topics.ts'

export interface LiveRoutes {
  readonly routes: readonly AnyRoute[]
  readonly streams: StreamDesk
}

export function liveRoutes(ports: LiveControlOptions & { readonly jobs: JobBoard; readonly overrides: OverrideDesk }): LiveRoutes {
  const events = { kept: () => ports.events.kept(), token: (sequence: number) => streams.token(sequence) }
  const { history, tail, now, onError } = ports
  const overview = history === undefined ? ports : { ...ports, day: new DayRates({ history, now, onError }) }
  const topicOf = createTopics({ ...ports, overview, events })
  const streams: StreamDesk = new StreamDesk({ ...ports, topicOf })
  const routes = [
    ...overviewRoutes(overview),
    ...searchRoutes(ports),
    ...instanceRoutes(ports),
    ...(history === undefined ? [] : instancePastRoutes({ ...ports, history })),
    ...limitRoutes(ports),
    ...jobRoutes(ports),
    ...streamRoutes(streams),
    ...eventRoutes({ ...ports, streams }),
    ...(tail === undefined ? [] : historyTailRoutes(streams)),
    ...auditRoutes(ports),
  ]
  return { routes, streams }
}
