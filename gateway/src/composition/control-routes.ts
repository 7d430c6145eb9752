import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Config } from '@jairouter/contract/config'
import { accountRoutes } from '../admin/account-routes.ts'
import { activeRequestRoutes } from '../admin/active-requests.ts'
import { adapterRoutes } from '../admin/adapters.ts'
import { backendRoutes } from '../admin/backends.ts'
import { blockRoutes } from '../admin/blocks.ts'
import { budgetRoutes } from '../admin/budgets.ts'
import { configVersionRoutes } from '../admin/config-versions.ts'
import { contentRuleRoutes } from '../admin/content-rules.ts'
import { contentRuleCollection } from '../admin/content-rule-collection.ts'
import { effectiveRoutes } from '../admin/effective.ts'
import { experimentRoutes } from '../admin/experiments.ts'
import { explainRoutes } from '../admin/explain.ts'
import { historyRoutes } from '../admin/history.ts'
import { indexRoute } from '../admin/index-route.ts'
import { keyRoutes } from '../admin/keys.ts'
import { modelRoutes } from '../admin/models.ts'
import type { AnyRoute } from '../admin/route.ts'
import { settingsRoutes } from '../admin/server-settings.ts'
import { serviceRoutes } from '../admin/services.ts'
import { teamRoutes } from '../admin/teams.ts'
import { usageRoutes } from '../admin/usage.ts'
import { STARTING_PRICES_OF } from '../history/call-history.ts'
import type { ControlParts } from './control-plane.ts'

/** All operations of the management API. What is more exact stands before what is less. */
export async function controlRoutes(parts: ControlParts): Promise<readonly AnyRoute[]> {
  const { access, accounts, desk, live, history, gateway, store, product } = parts
  const snapshot = () => gateway().snapshot
  const wallClock = Date.now
  const configPorts = { desk, now: wallClock }
  const { explain, traces, keyLevels, experiments } = gateway()
  return [
    indexRoute,
    ...accountRoutes({
      accounts,
      admin: () => snapshot().admin,
      product,
      configState: () => ({ configVersion: desk.state.version.number, managed: desk.state.config.config.managed }),
    }),
    ...backendRoutes(configPorts),
    ...modelRoutes(configPorts),
    ...serviceRoutes({ desk }),
    ...adapterRoutes(configPorts),
    ...contentRuleRoutes({ rules: () => snapshot().contentRules }),
    ...contentRuleCollection(configPorts),
    ...settingsRoutes({ desk }),
    ...effectiveRoutes({ config: () => desk.state.config, snapshot }),
    ...configVersionRoutes({ desk, drafts: desk.drafts, now: wallClock, hooks: { effect: (_before, after) => effectOf(parts, after) } }),
    ...keyRoutes({ access, snapshot, keyLevels, wallClock }),
    ...teamRoutes({ access, wallClock }),
    ...budgetRoutes({ access, wallClock, randomBytes }),
    ...blockRoutes({ access, wallClock, randomBytes }),
    ...explainRoutes({ explain, traces, wallClock }),
    ...activeRequestRoutes({ open: () => gateway().requests.all(), store, now: wallClock, monotonic: () => performance.now() }),
    ...historyRoutes({ history: history.store, store, now: wallClock }),
    ...usageRoutes({
      history: history.store,
      startingPricesOf: () => (snapshot().history.startingPrices ? STARTING_PRICES_OF : undefined),
      now: wallClock,
    }),
    ...experimentRoutes({ snapshot, results: experiments, commit: (writes) => store.commit(writes), wallClock }),
    ...(await live.routes()),
  ]
}

/** What another config would do to the gateway as it runs; undefined where it can't be put in force. */
async function effectOf({ gateway, desk }: ControlParts, after: Config): Promise<unknown> {
  const preview = gateway().preview({ config: after, certificates: desk.loaded.certificates })
  return 'problems' in preview ? undefined : gateway().effect(gateway().snapshot, preview.snapshot)
}
