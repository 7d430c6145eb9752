import type { Instance } from '@jairouter/contract/management/instances'
import type { AuditRow } from '@jairouter/contract/management/audit'
import type { Overview } from '@jairouter/contract/management/overview'
import { newestEntries } from '../../auth/audit/search-audit.ts'
import { AUDIT_LOG } from '../../auth/audit/audit-entry.ts'
import { auditRow } from '../../auth/audit/audit-row.ts'
import type { HistoryTail } from '../../history/history-tail.ts'
import type { Store } from '../../store/port.ts'
import type { JobBoard } from '../job-board.ts'
import type { LivePort } from '../live-port.ts'
import { withOverride, type OverrideDesk } from '../override-desk.ts'
import { overviewOf, type OverviewPorts } from '../overview.ts'
import { eventsTopic, type EventsTopicPorts } from './events-topic.ts'
import { tailTopic } from './tail-topic.ts'
import { sampledTopic, type Topic } from './topic.ts'

export interface TopicPorts {
  readonly overview: OverviewPorts
  readonly live: Pick<LivePort, 'instances' | 'instance'>
  readonly overrides: Pick<OverrideDesk, 'of'>
  readonly jobs: Pick<JobBoard, 'all'>
  readonly store: Pick<Store, 'read' | 'extent'>
  /** Alerts that are pending or fire. */
  readonly alerts: () => unknown
  /** What is shown of the config version in force; no secret. */
  readonly configInForce: () => unknown
  readonly events: EventsTopicPorts
  /** Left out where no request can be followed. */
  readonly tail?: HistoryTail
}

/** Rows and jobs that a snapshot begins with. */
const SHOWN = 50
/** Entries that are told at a time; more of them than in a second come with the next. */
const MOST_ENTRIES = 200

const INSTANCE_PREFIX = 'instance:'

/** Finds a topic by its name; undefined where there is none. One and the same for everybody who follows it. */
export function createTopics(ports: TopicPorts): (name: string) => Topic | undefined {
  const fixed = new Map<string, Topic>([
    ['overview', overviewTopic(ports.overview)],
    ['instances', instancesTopic(ports)],
    ['config', { permission: 'config.read', snapshot: ports.configInForce }],
    ['audit', auditTopic(ports.store)],
    ['alert', { permission: 'alerts.read', snapshot: ports.alerts }],
    ['jobs', { permission: 'instances.read', snapshot: () => ports.jobs.all().slice(0, SHOWN) }],
  ])
  const single = new Map<string, Topic>()
  return (name) => {
    const known = fixed.get(name) ?? single.get(name)
    if (known !== undefined) return known
    const topic = madeFor(name, ports)
    if (topic === undefined) return undefined
    // What nobody follows any more is made anew.
    const forgotten: Topic = {
      ...topic,
      forget() {
        topic.forget?.()
        single.delete(name)
      },
    }
    single.set(name, forgotten)
    return forgotten
  }
}

/** A topic that is one of many. */
function madeFor(name: string, ports: TopicPorts): Topic | undefined {
  const id = name.startsWith(INSTANCE_PREFIX) ? name.slice(INSTANCE_PREFIX.length) : undefined
  if (id !== undefined) return ports.live.instance(id) === undefined ? undefined : instanceTopic(id, ports)
  return eventsTopic(name, ports.events) ?? (ports.tail && tailTopic(name, ports.tail))
}

function overviewTopic(ports: OverviewPorts): Topic {
  return sampledTopic<Overview, Partial<Overview>>({
    permission: 'overview.read',
    sample: () => overviewOf(ports),
    show: (state) => state,
    compare: (before, after) => changedFields(before, after),
    merge: (older, newer) => ({ ...older, ...newer }),
  })
}

interface InstanceChanges {
  readonly changed: readonly Instance[]
  readonly removed: readonly string[]
}

function instancesTopic({ live, overrides }: TopicPorts): Topic {
  return sampledTopic<ReadonlyMap<string, Instance>, InstanceChanges>({
    permission: 'instances.read',
    sample: () => new Map(live.instances().map((instance) => [instance.id, withOverride(instance, overrides)])),
    show: (state) => ({ items: [...state.values()] }),
    compare(before, after) {
      const changed = [...after.values()].filter((instance) => !isSame(before.get(instance.id), instance))
      const removed = [...before.keys()].filter((id) => !after.has(id))
      return changed.length + removed.length === 0 ? undefined : { changed, removed }
    },
    merge(older, newer) {
      const gone = new Set(newer.removed)
      const changed = new Map(
        [...older.changed.filter(({ id }) => !gone.has(id)), ...newer.changed].map((instance) => [instance.id, instance]),
      )
      const removed = [...older.removed.filter((id) => !changed.has(id) && !gone.has(id)), ...newer.removed]
      return { changed: [...changed.values()], removed }
    },
  })
}

function instanceTopic(id: string, { live, overrides }: TopicPorts): Topic {
  return sampledTopic<Instance | null, { readonly instance: Instance | null }>({
    permission: 'instances.read',
    sample() {
      const instance = live.instance(id)
      return instance === undefined ? null : withOverride(instance, overrides)
    },
    show: (instance) => ({ instance }),
    compare: (before, after) => (isSame(before, after) ? undefined : { instance: after }),
    merge: (_older, newer) => newer,
  })
}

interface NewEntries {
  readonly entries: readonly AuditRow[]
}

/** The log is looked at, so that what other replicas write is seen, too. */
function auditTopic(store: TopicPorts['store']): Topic {
  let after: number | undefined
  return {
    permission: 'audit.read',
    async snapshot() {
      const items = await newestEntries(store, SHOWN)
      after ??= items[0]?.sequence ?? (await store.extent(AUDIT_LOG)).last
      return { items }
    },
    async poll() {
      if (after === undefined) return undefined
      const entries = await store.read(AUDIT_LOG, { after, limit: MOST_ENTRIES })
      after = entries.at(-1)?.sequence ?? after
      return entries.length === 0 ? undefined : { entries: entries.map(auditRow) }
    },
    merge: (older, newer) => ({ entries: [...(older as NewEntries).entries, ...(newer as NewEntries).entries].slice(-MOST_ENTRIES) }),
    forget() {
      after = undefined
    },
  }
}

function changedFields<State extends object>(before: State, after: State): Partial<State> | undefined {
  const changed: Partial<State> = {}
  let any = false
  for (const name of Object.keys(after)) {
    const key = name as keyof State
    if (isSame(before[key], after[key])) continue
    changed[key] = after[key]
    any = true
  }
  return any ? changed : undefined
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
