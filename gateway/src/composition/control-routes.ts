import { performance } from 'node:perf_hooks'
import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Config } from '@jairouter/contract/config'
import type { ExplainRequest, Explanation } from '@jairouter/contract/management/explain'
import type { Accounts } from '../auth/accounts/accounts.ts'
import type { Person } from '../admin/blocks.ts'
import type { AnyRoute } from '../admin/route.ts'
import type { Snapshot } from '../config/snapshot.ts'
import { DeskProblem } from '../versions/config-desk.ts'
import type { ControlParts } from './control-plane.ts'

type LoadRoutes = (parts: ControlParts) => Promise<readonly AnyRoute[]> | readonly AnyRoute[]

const wallClock = Date.now
const snapshotOf =
  ({ gateway }: ControlParts): (() => Snapshot) =>
  () =>
    gateway().snapshot

/** All operations of the management API, each part with what loads it. What is more exact stands before what is less. */
const LOADERS: readonly LoadRoutes[] = [
  async () => [(await import('../admin/index-route.ts')).indexRoute],
  async (parts) =>
    (await import('../admin/account-routes.ts')).accountRoutes({
      accounts: parts.accounts,
      admin: () => parts.gateway().snapshot.admin,
      product: parts.product,
      configState: () => ({ configVersion: parts.desk.state.version.number, managed: parts.desk.state.config.config.managed }),
    }),
  async ({ desk }) => (await import('../admin/backends.ts')).backendRoutes({ desk, now: wallClock }),
  async ({ desk }) => (await import('../admin/models.ts')).modelRoutes({ desk, now: wallClock }),
  async ({ desk }) => (await import('../admin/services.ts')).serviceRoutes({ desk }),
  async ({ desk }) => (await import('../admin/adapters.ts')).adapterRoutes({ desk, now: wallClock }),
  async ({ gateway }) => (await import('../admin/content-rules.ts')).contentRuleRoutes({ rules: () => gateway().snapshot.contentRules }),
  async ({ desk }) => (await import('../admin/content-rule-collection.ts')).contentRuleCollection({ desk, now: wallClock }),
  async ({ desk }) => (await import('../admin/server-settings.ts')).settingsRoutes({ desk }),
  async ({ logLevel }) => (await import('../admin/log-level.ts')).logLevelRoutes(logLevel),
  async ({ desk }) => (await import('../admin/expectations.ts')).expectationRoutes({ desk }),
  async ({ desk }) => (await import('../admin/prices.ts')).priceRoutes({ desk }),
  async (parts) =>
    (await import('../admin/effective.ts')).effectiveRoutes({ config: () => parts.desk.state.config, snapshot: snapshotOf(parts) }),
  async (parts) =>
    (await import('../admin/config-versions.ts')).configVersionRoutes({
      desk: parts.desk,
      drafts: parts.desk.drafts,
      now: wallClock,
      hooks: { effect: (_before, after) => effectOf(parts, after) },
    }),
  async (parts) =>
    (await import('../admin/keys.ts')).keyRoutes({
      access: parts.access,
      snapshot: snapshotOf(parts),
      keyLevels: parts.gateway().keyLevels,
      wallClock,
    }),
  async ({ access }) => (await import('../admin/teams.ts')).teamRoutes({ access, wallClock }),
  async ({ access }) => (await import('../admin/budgets.ts')).budgetRoutes({ access, wallClock, randomBytes }),
  async ({ access, accounts }) =>
    (await import('../admin/blocks.ts')).blockRoutes({
      access,
      wallClock,
      randomBytes,
      personOf: (kind, value) => personOf(accounts, kind, value),
    }),
  async (parts) =>
    (await import('../admin/explain.ts')).explainRoutes({
      explain: (request) => parts.gateway().explain(request),
      explainWith: (request, version) => explainWith(parts, request, version),
      traces: parts.gateway().traces,
      wallClock,
    }),
  async (parts) =>
    (await import('../admin/experiments.ts')).experimentRoutes({
      snapshot: snapshotOf(parts),
      results: parts.gateway().experiments,
      commit: (writes) => parts.store.commit(writes),
      wallClock,
    }),
  async ({ gateway, store }) =>
    (await import('../admin/active-requests.ts')).activeRequestRoutes({
      open: () => gateway().requests.all(),
      store,
      now: wallClock,
      monotonic: () => performance.now(),
    }),
  async ({ history, store, gateway }) =>
    (await import('../admin/history.ts')).historyRoutes({
      history: history.store,
      store,
      contents: () => gateway().snapshot.history.content,
      now: wallClock,
    }),
  async ({ history, gateway }) => {
    const [{ usageRoutes }, { STARTING_PRICES_OF }] = await Promise.all([
      import('../admin/usage.ts'),
      import('../budget/starting-prices.ts'),
    ])
    return usageRoutes({
      history: history.store,
      startingPricesOf: () => (gateway().snapshot.history.startingPrices ? STARTING_PRICES_OF : undefined),
      now: wallClock,
    })
  },
  async ({ history }) => (await import('../admin/series/series.ts')).seriesRoutes({ history: history.store, now: wallClock }),
  async ({ history, desk }) =>
    (await import('../admin/series/annotations.ts')).annotationRoutes({ history: history.store, desk, now: wallClock }),
  async ({ alerting }) =>
    (await import('../admin/failures.ts')).failureRoutes({
      failures: async () => (await alerting.parts()).failures,
      feed: alerting.feed,
      now: wallClock,
    }),
  async ({ desk }) => (await import('../admin/alert-collections.ts')).alertCollections({ desk, now: wallClock }),
  async ({ alerting, gateway, history, events }) =>
    (await import('../admin/alerts.ts')).alertRoutes({
      alerts: async () => (await alerting.parts()).alerts,
      settings: () => gateway().snapshot.alerts,
      history: history.store,
      events,
      since: alerting.since,
      now: wallClock,
    }),
  async ({ alerting, gateway, store }) =>
    (await import('../admin/alert-desks.ts')).alertDeskRoutes({
      parts: () => alerting.parts(),
      settings: () => gateway().snapshot.alerts,
      store,
      now: wallClock,
      monotonic: () => performance.now(),
    }),
  ({ live }) => live.routes(),
]

/** Loads one part after another, with a turn of the event loop between them: requests to models go on meanwhile. */
export async function controlRoutes(parts: ControlParts): Promise<readonly AnyRoute[]> {
  const routes: AnyRoute[] = []
  for (const load of LOADERS) {
    routes.push(...(await load(parts)))
    await setImmediate()
  }
  return routes
}

async function personOf({ users, sessions }: Accounts, kind: 'user' | 'session', value: string): Promise<Person | undefined> {
  if (kind === 'session') return (await sessions.live(value))?.user.body
  return ((await users.get(value)) ?? (await users.byName(value)))?.body
}

/** What would become of a request with the config of that version. */
async function explainWith({ gateway, desk }: ControlParts, request: ExplainRequest, version: number): Promise<Explanation> {
  const preview = gateway().preview(await desk.configOf(version))
  if ('problems' in preview) throw new DeskProblem('invalid_config', `Version ${version} can’t be used at the moment`)
  return gateway().explain(request, preview.snapshot)
}

/** What another config would do to the gateway as it runs; undefined where it can't be put in force. */
async function effectOf({ gateway, desk }: ControlParts, after: Config): Promise<unknown> {
  const preview = gateway().preview({ config: after, certificates: desk.loaded.certificates })
  return 'problems' in preview ? undefined : gateway().effect(gateway().snapshot, preview.snapshot)
}
