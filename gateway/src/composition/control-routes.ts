import { randomBytes } from 'node:crypto'
import type { Config } from '@jairouter/contract/config'
import { accountRoutes } from '../admin/account-routes.ts'
import { adapterRoutes } from '../admin/adapters.ts'
import { backendRoutes } from '../admin/backends.ts'
import { blockRoutes } from '../admin/blocks.ts'
import { budgetRoutes } from '../admin/budgets.ts'
import { configVersionRoutes } from '../admin/config-versions.ts'
import { contentRuleRoutes } from '../admin/content-rules.ts'
import { contentRuleCollection } from '../admin/content-rule-collection.ts'
import { effectiveRoutes } from '../admin/effective.ts'
import { experimentRoutes } from '../admin/experiments.ts'
import { expectationRoutes } from '../admin/expectations.ts'
import { explainRoutes } from '../admin/explain.ts'
import { indexRoute } from '../admin/index-route.ts'
import { keyRoutes } from '../admin/keys.ts'
import { modelRoutes } from '../admin/models.ts'
import { priceRoutes } from '../admin/prices.ts'
import type { AnyRoute } from '../admin/route.ts'
import { settingsRoutes } from '../admin/server-settings.ts'
import { serviceRoutes } from '../admin/services.ts'
import { teamRoutes } from '../admin/teams.ts'
import type { Accounts } from '../auth/accounts/accounts.ts'
import type { ControlParts } from './control-plane.ts'

/** All operations of the management API. What is more exact stands before what is less. */
export async function controlRoutes(parts: ControlParts): Promise<readonly AnyRoute[]> {
  const { access, accounts, desk, live, gateway, store, product } = parts
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
    ...expectationRoutes({ desk }),
    ...priceRoutes({ desk }),
    ...effectiveRoutes({ config: () => desk.state.config, snapshot }),
    ...configVersionRoutes({ desk, drafts: desk.drafts, now: wallClock, hooks: { effect: (_before, after) => effectOf(parts, after) } }),
    ...keyRoutes({ access, snapshot, keyLevels, wallClock }),
    ...teamRoutes({ access, wallClock }),
    ...budgetRoutes({ access, wallClock, randomBytes }),
    ...blockRoutes({ access, userOf: (value) => userOf(accounts, value), wallClock, randomBytes }),
    ...explainRoutes({ explain, traces, wallClock }),
    ...experimentRoutes({ snapshot, results: experiments, commit: (writes) => store.commit(writes), wallClock }),
    ...(await live.routes()),
  ]
}

async function userOf({ users }: Accounts, value: string): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const body = ((await users.get(value)) ?? (await users.byName(value)))?.body
  return body === undefined ? undefined : { id: body.id, name: body.name }
}

/** What another config would do to the gateway as it runs; undefined where it can't be put in force. */
async function effectOf({ gateway, desk }: ControlParts, after: Config): Promise<unknown> {
  const preview = gateway().preview({ config: after, certificates: desk.loaded.certificates })
  return 'problems' in preview ? undefined : gateway().effect(gateway().snapshot, preview.snapshot)
}
