import type { ExperimentConfig } from '@jairouter/contract/experiment'
import type { ExperimentPlan } from '../experiment/plan.ts'
import { hash32 } from '../lib/hash.ts'
import { nearest } from '../lib/nearest.ts'
import type { Report } from './compile-problem.ts'
import type { Experiment, Instance, Route } from './snapshot.ts'

/** Between a group's own tiers and those of the groups that stand in for it. */
const STAND_IN_TIERS = 100

export interface ExperimentSource {
  readonly experiment: ExperimentConfig
  /** Of the model. */
  readonly path: readonly (string | number)[]
  /** Instance id -> the group that its target names; undefined: none. */
  readonly groupOf: ReadonlyMap<string, string | undefined>
}

/** The model's route by groups; undefined while the experiment is off, or has nothing to choose from. */
export function compileExperiment(route: Route, source: ExperimentSource, report: Report): Experiment | undefined {
  const { experiment, path } = source
  const plan = compilePlan(route, { experiment, path: [...path, 'experiment'] }, report)
  checkTargets(source, report)
  if (plan === undefined || !experiment.enabled) return undefined
  const instances = membersOf(route, source)
  const routes = plan.groups.map(({ name }, index) =>
    Object.freeze({
      ...route,
      instances: Object.freeze(withStandIns(index, { plan, instances })),
      place: Object.freeze({ id: plan.id, group: name }),
    }),
  )
  const shadowed = plan.shadow === undefined ? undefined : instances[plan.shadow.group]
  const shadowRoute =
    shadowed === undefined ? undefined : toShadowRoute(route, { instances: shadowed, place: routes[plan.shadow?.group ?? 0]?.place })
  return Object.freeze({ ...plan, routes: Object.freeze(routes), shadowRoute })
}

function compilePlan(
  { service, model }: Route,
  { experiment, path }: Pick<ExperimentSource, 'experiment' | 'path'>,
  report: Report,
): ExperimentPlan | undefined {
  const { groups, rules, shadow, steps, sticky } = experiment
  const names = groups.map(({ name }) => name)
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) report([...path, 'groups', index, 'name'], `"${name}" is already the name of a group`)
  const placeOf = (name: string, at: readonly (string | number)[]): number => {
    const index = names.indexOf(name)
    if (index < 0) report([...path, ...at, 'group'], unknownGroup(name, names))
    return index
  }
  const shares = sharesOf(experiment)
  if (shares === undefined) report([...path, 'groups'], 'no group has a weight: nobody would get an answer')
  const compiled = {
    groups: groups.map(({ name }, index) => ({ name, share: shares?.[index] ?? 0, seed: hash32(`group ${name}`) })),
    sticky: sticky?.toLowerCase(),
    rules: rules.map(({ group, header, tags, keys, share }, index) => ({
      group: placeOf(group, ['rules', index]),
      header: header === undefined ? undefined : { name: header.name.toLowerCase(), is: header.is },
      tags,
      keys,
      share,
      seed: hash32(`rule ${index} ${group}`),
    })),
    shadow: shadow === undefined ? undefined : { ...shadow, group: placeOf(shadow.group, ['shadow']) },
    steps: steps === undefined ? undefined : compileSteps(steps, placeOf(steps.group, ['steps'])),
  }
  return shares === undefined ? undefined : { id: `${service} ${model} ${names.join(' ')}`, ...compiled }
}

function compileSteps(steps: NonNullable<ExperimentConfig['steps']>, group: number): ExperimentPlan['steps'] {
  const { at, shares, every, minimum, maxErrorRate, maxLatencyRatio } = steps
  return { group, at, shares: shares.toSorted((a, b) => a - b), everyMs: every, minimum, maxErrorRate, maxLatencyRatio }
}

/** Each group's share of the traffic; with steps the one that grows has its own, and the others divide the rest. */
function sharesOf({ groups, steps }: ExperimentConfig): readonly number[] | undefined {
  const grows = (name: string) => steps?.group === name
  const at = steps?.at ?? 0
  const others = groups.reduce((sum, { name, weight }) => sum + (grows(name) ? 0 : weight), 0)
  if (others === 0) return at > 0 ? groups.map(({ name }) => (grows(name) ? 1 : 0)) : undefined
  return groups.map(({ name, weight }) => (grows(name) ? at : ((1 - at) * weight) / others))
}

function checkTargets({ experiment, path, groupOf }: ExperimentSource, report: Report): void {
  const names = experiment.groups.map(({ name }) => name)
  const [first] = names
  const used = new Set([...groupOf.values()].map((group) => group ?? first))
  for (const [index, name] of names.entries())
    if (!used.has(name)) report([...path, 'experiment', 'groups', index], `no target of the model is of group "${name}"`)
}

export function unknownGroup(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return `unknown group "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

/** The instances of each group. Those of disabled backends are not there. */
function membersOf({ instances }: Route, { experiment, groupOf }: ExperimentSource): readonly (readonly Instance[])[] {
  const [first] = experiment.groups
  return experiment.groups.map(({ name }) => instances.filter(({ id }) => (groupOf.get(id) ?? first?.name) === name))
}

/** Whoever is assigned to a group that can't serve is served all the same: by those that have traffic anyway. */
function withStandIns(
  own: number,
  { plan, instances }: { plan: ExperimentPlan; instances: readonly (readonly Instance[])[] },
): readonly Instance[] {
  const others = instances.filter((_, index) => index !== own && (plan.groups[index]?.share ?? 0) > 0)
  return [
    ...(instances[own] ?? []),
    ...others.flat().map((instance) => Object.freeze({ ...instance, priority: instance.priority + STAND_IN_TIERS })),
  ]
}

function toShadowRoute(route: Route, { instances, place }: { instances: readonly Instance[]; place: Route['place'] | undefined }): Route {
  const { policy } = route
  const alone = { ...policy, retry: { ...policy.retry, attempts: 1, resume: false }, queue: { ...policy.queue, size: 0 }, hedge: undefined }
  return Object.freeze({
    ...route,
    instances,
    ...(place === undefined ? {} : { place }),
    policy: Object.freeze({ ...alone, fallback: [], cache: undefined }),
  })
}
