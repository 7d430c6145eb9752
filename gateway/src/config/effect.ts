import type { Effect } from '@jairouter/contract/management/effect'
import { SERVICES, type Service } from '@jairouter/contract/names'
import { mayUse } from './may-use.ts'
import type { Experiment, KeyRecord, LimitRule, Policy, Route, Snapshot } from './snapshot.ts'

export interface EffectPorts {
  /** Requests that an instance is answering. */
  readonly inFlightOf: (instanceId: string) => number
  /** Largest share of a limit, 0 to 1, that anybody whom it counts apart has used; null where nothing is known of it. */
  readonly limitLevels: (rule: LimitRule) => number | null
}

/** What a change of the config does, seen from those who ask and from what is in flight. */
export function effectOf(before: Snapshot, after: Snapshot, ports: EffectPorts): Effect {
  return {
    routes: routesBetween(before, after),
    keys: keysBetween(before, after),
    limits: limitsBetween(before, after, ports),
    inFlight: leftBehind(before, after, ports),
    notes: notesOn(before, after),
  }
}

interface NamedRoute {
  readonly service: Service
  readonly model: string
  readonly route: Route
}

/** By service and public name, aliases as names of their own. */
function namesOf({ routes }: Snapshot): ReadonlyMap<string, NamedRoute> {
  return new Map(
    SERVICES.flatMap((service) =>
      [...(routes.get(service) ?? [])].map(([model, route]) => [`${service} ${model}`, { service, model, route }]),
    ),
  )
}

function routesBetween(before: Snapshot, after: Snapshot): Effect['routes'] {
  const [old, fresh] = [namesOf(before), namesOf(after)]
  const only = (names: ReadonlyMap<string, NamedRoute>, others: ReadonlyMap<string, NamedRoute>) =>
    [...names].filter(([name]) => !others.has(name)).map(([, { service, model }]) => ({ service, model }))
  const changed = [...fresh].flatMap(([name, { service, model, route }]) => {
    const earlier = old.get(name)?.route
    const change = earlier === undefined ? undefined : changeOf(earlier, route)
    return change === undefined ? [] : [{ service, model, ...change }]
  })
  return { added: only(fresh, old), removed: only(old, fresh), changed }
}

type RouteChange = Omit<Effect['routes']['changed'][number], 'service' | 'model'>

function changeOf(before: Route, after: Route): RouteChange | undefined {
  const [old, fresh] = [before, after].map((route) => new Map(route.instances.map((instance) => [instance.id, instance])))
  if (old === undefined || fresh === undefined) return undefined
  const change = {
    instancesAdded: [...fresh.keys()].filter((id) => !old.has(id)),
    instancesRemoved: [...old.keys()].filter((id) => !fresh.has(id)),
    instancesChanged: [...fresh].flatMap(([id, { weight, priority }]) => {
      const earlier = old.get(id)
      return earlier === undefined || (earlier.weight === weight && earlier.priority === priority) ? [] : [id]
    }),
    policy: policyBetween(before.policy, after.policy),
    groups: groupsBetween(before.experiment, after.experiment),
  }
  return Object.values(change).some((list) => list.length > 0) ? change : undefined
}

/** By name: those that come or go, and those with another share or other instances. */
function groupsBetween(before: Experiment | undefined, after: Experiment | undefined): string[] {
  const [old, fresh] = [before, after].map((experiment) => textsOfGroups(experiment))
  if (old === undefined || fresh === undefined) return []
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name))
}

function textsOfGroups(experiment: Experiment | undefined): ReadonlyMap<string, string> {
  const groups = experiment?.groups ?? []
  const textOfGroup = (index: number, share: number) =>
    textOf([share, experiment?.routes[index]?.instances.map(({ id, weight, priority }) => [id, weight, priority])])
  return new Map(groups.map(({ name, share }, index) => [name, textOfGroup(index, share)]))
}

function policyBetween(before: Policy, after: Policy): string[] {
  return Object.keys(after).filter((name) => textOf(Reflect.get(before, name)) !== textOf(Reflect.get(after, name)))
}

function keysByName({ auth }: Snapshot): ReadonlyMap<string, KeyRecord> {
  return new Map([...auth.keys.values()].map((key) => [key.name, key]))
}

function keysBetween(before: Snapshot, after: Snapshot): Effect['keys'] {
  const [old, fresh] = [keysByName(before), keysByName(after)]
  const [oldNames, freshNames] = [namesOf(before), namesOf(after)]
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), fresh.get(name)]
    const [could, can] = [usable(was, oldNames), usable(is, freshNames)]
    const loses = [...could].filter((model) => !can.has(model))
    const gains = [...can].filter((model) => !could.has(model))
    const status = statusBetween(was, is)
    return loses.length + gains.length === 0 && status === undefined
      ? []
      : [{ name, loses, gains, ...(status === undefined ? {} : { status }) }]
  })
}

function usable(key: KeyRecord | undefined, names: ReadonlyMap<string, NamedRoute>): ReadonlySet<string> {
  if (key?.enabled !== true) return new Set()
  return new Set([...names.values()].filter(({ model }) => mayUse(key, model)).map(({ model }) => model))
}

function statusBetween(was: KeyRecord | undefined, is: KeyRecord | undefined): Effect['keys'][number]['status'] {
  if (was === undefined) return 'added'
  if (is === undefined) return 'removed'
  if (was.enabled === is.enabled) return undefined
  return is.enabled ? 'enabled' : 'disabled'
}

interface PlacedRule {
  readonly place: string
  readonly rule: LimitRule
}

/** Every rule once; the place is the beginning of its id. */
function rulesOf({ routes, auth, backends }: Snapshot): ReadonlyMap<string, PlacedRule> {
  const all = [
    ...[...routes.values()].flatMap((byName) => [...byName.values()].flatMap((route) => [...route.limits, ...route.instanceLimits])),
    ...[...auth.keys.values()].flatMap(({ limits }) => limits),
    ...[...backends.values()].flatMap(({ limits }) => limits),
  ]
  return new Map(all.map((rule) => [rule.id, { place: rule.id.slice(0, rule.id.indexOf(` ${rule.by} ${rule.count} {`)), rule }]))
}

/** One that goes and one that comes at the same place, by the same scope and of the same kind, are one that was changed. */
function limitsBetween(before: Snapshot, after: Snapshot, { limitLevels }: EffectPorts): Effect['limits'] {
  const [old, fresh] = [rulesOf(before), rulesOf(after)]
  const gone = [...old].filter(([id]) => !fresh.has(id)).map(([, placed]) => placed)
  const come = [...fresh].filter(([id]) => !old.has(id)).map(([, placed]) => placed)
  const paired = new Set<PlacedRule>()
  const rows = gone.map(({ place, rule }) => {
    const next = come.find((other) => !paired.has(other) && other.place === place && isAlike(other.rule, rule))
    if (next !== undefined) paired.add(next)
    return {
      place,
      scope: rule.by,
      count: rule.count,
      was: { ...rule.settings },
      is: next === undefined ? null : { ...next.rule.settings },
      used: limitLevels(rule),
    }
  })
  const added = come
    .filter((placed) => !paired.has(placed))
    .map(({ place, rule }) => ({ place, scope: rule.by, count: rule.count, was: null, is: { ...rule.settings }, used: null }))
  return [...rows, ...added]
}

function isAlike(one: LimitRule, other: LimitRule): boolean {
  return one.by === other.by && one.count === other.count
}

function serversOf({ routes }: Snapshot): ReadonlyMap<string, string> {
  const instances = [...routes.values()].flatMap((byName) => [...byName.values()].flatMap((route) => route.instances))
  return new Map(instances.map(({ id, backend }) => [id, `${backend.origin}${backend.basePath}`]))
}

function leftBehind(before: Snapshot, after: Snapshot, { inFlightOf }: EffectPorts): Effect['inFlight'] {
  const [old, fresh] = [serversOf(before), serversOf(after)]
  const left = [...old].flatMap(([instance, server]) => {
    const n = fresh.get(instance) === server ? 0 : inFlightOf(instance)
    return n === 0 ? [] : [{ instance, n }]
  })
  return left.toSorted((a, b) => (a.instance < b.instance ? -1 : 1))
}

function notesOn(before: Snapshot, after: Snapshot): Effect['notes'] {
  const notes: Effect['notes'] = []
  if (before.auth.mode !== after.auth.mode) notes.push({ code: after.auth.mode === 'open' ? 'open-to-all' : 'key-needed' })
  if (before.server.host !== after.server.host || before.server.port !== after.server.port) notes.push({ code: 'after-restart' })
  if (before.admin.port !== after.admin.port) notes.push({ code: 'after-restart', subject: 'admin.port' })
  if (!before.admin.enabled && after.admin.enabled) notes.push({ code: 'after-restart', subject: 'admin.enabled' })
  for (const [id, { origin, basePath }] of after.backends) {
    const earlier = before.backends.get(id)
    if (earlier !== undefined && (earlier.origin !== origin || earlier.basePath !== basePath))
      notes.push({ code: 'address-changed', subject: id })
  }
  for (const id of after.undiscovered) if (!before.undiscovered.includes(id)) notes.push({ code: 'not-listed-yet', subject: id })
  return notes
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}
