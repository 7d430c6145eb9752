import {
  experimentParamsSchema,
  experimentQuerySchema,
  experimentStateSchema,
  type ExperimentState,
} from '@jairouter/contract/management/experiments'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import type { Write } from '../store/port.ts'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import type { Route, Snapshot } from '../config/snapshot.ts'
import type { ExperimentResults, GroupResults } from '../telemetry/experiment-results.ts'
import { listPage } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface ExperimentPorts {
  readonly snapshot: () => Snapshot
  readonly results: ExperimentResults
  readonly commit: (writes: readonly Write[]) => Promise<unknown>
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

/** What experiments show; they are changed where the model is. */
export function experimentRoutes(ports: ExperimentPorts): readonly AnyRoute[] {
  return [listRoute(ports), getRoute(ports), resetRoute(ports)]
}

const SHAPE = {
  fields: { service: ({ service }: ExperimentState) => service, model: ({ model }: ExperimentState) => model },
  id: ({ service, model }: ExperimentState) => `${service}/${model}`,
  sort: 'service',
}

function listRoute({ snapshot, results, wallClock }: ExperimentPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/experiments',
    permission: 'experiments.read',
    tag: 'experiments',
    summary: 'All experiments, with what each group has shown',
    query: experimentQuerySchema,
    answers: { 200: { description: 'In the order of services and models', schema: listAnswerSchema(experimentStateSchema) } },
    handle({ query }) {
      const items = routesOf(snapshot()).map((route) => stateOf(route, results))
      return { body: listPage(items, query, { ...SHAPE, now: wallClock() }) }
    },
  })
}

function getRoute({ snapshot, results }: ExperimentPorts): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/experiments/:service/*',
    permission: 'experiments.read',
    tag: 'experiments',
    summary: 'The experiment of one model',
    params: experimentParamsSchema,
    answers: { 200: { description: 'The experiment', schema: experimentStateSchema } },
    handle: ({ params }) => ({ body: stateOf(find(snapshot(), params), results) }),
  })
}

function resetRoute({ snapshot, results, commit, wallClock }: ExperimentPorts): AnyRoute {
  return defineRoute({
    method: 'DELETE',
    path: '/experiments/:service/*',
    permission: 'config.write',
    tag: 'experiments',
    summary: 'Forget what was measured, and begin to count anew',
    params: experimentParamsSchema,
    answers: { 204: { description: 'Forgotten' } },
    async handle({ params, origin }) {
      const { experiment, service, model } = find(snapshot(), params)
      await commit([
        auditWrite(origin, { action: 'experiment.reset', target: `experiments/${service}/${model}`, result: 'ok', time: wallClock() }),
      ])
      if (experiment !== undefined) results.reset(experiment.id)
      return { status: 204 }
    },
  })
}

/** Each once, under its own name. */
function routesOf({ routes }: Snapshot): readonly Route[] {
  return [...routes.values()].flatMap((byName) =>
    [...byName].filter(([name, { model, experiment }]) => name === model && experiment !== undefined).map(([, route]) => route),
  )
}

function find(snapshot: Snapshot, { service, '*': model }: { service: Route['service']; '*': string }): Route {
  const route = snapshot.routes.get(service)?.get(model)
  if (route?.experiment === undefined) throw new AdminProblem('not_found', `The model "${model}" has no experiment for ${service}`)
  return route
}

function stateOf({ service, model, experiment }: Route, results: ExperimentResults): ExperimentState {
  if (experiment === undefined) throw new TypeError('a route without an experiment has no state of one')
  const { id, groups, routes, sticky, steps } = experiment
  const since = results.since(id)
  return {
    service,
    model,
    sticky: sticky ?? null,
    since: since === undefined ? null : new Date(since).toISOString(),
    groups: groups.map(({ name, share }, index) => ({
      name,
      share,
      instances: ownInstances(routes[index], experiment.routes),
      results: describe(results.of(id, name)),
      shadow: describe(results.of(id, name, 'shadow')),
    })),
    steps: steps === undefined ? null : stepsOf(steps, groups[steps.group]?.name ?? ''),
  }
}

/** Those that stand in for it stand a hundred tiers lower. */
function ownInstances(route: Route | undefined, all: readonly Route[]): string[] {
  const shared = new Map<string, number>()
  for (const { instances } of all) for (const { id, priority } of instances) shared.set(id, Math.min(priority, shared.get(id) ?? priority))
  return (route?.instances ?? []).filter(({ id, priority }) => shared.get(id) === priority).map(({ id }) => id)
}

function stepsOf({ at, shares }: { at: number; shares: readonly number[] }, group: string): ExperimentState['steps'] {
  const next = at === 0 ? undefined : shares.find((share) => share > at)
  return { group, at, next: next ?? null, state: at === 0 ? 'out' : next === undefined ? 'done' : 'growing' }
}

function describe({ p50Ms, p95Ms, firstByteP50Ms, firstByteP95Ms, ...counts }: GroupResults): ExperimentState['groups'][number]['results'] {
  return {
    ...counts,
    p50Ms: p50Ms ?? null,
    p95Ms: p95Ms ?? null,
    firstByteP50Ms: firstByteP50Ms ?? null,
    firstByteP95Ms: firstByteP95Ms ?? null,
  }
}
