import type { Config } from '@jairouter/contract/config'
import type { Service } from '@jairouter/contract/names'
import { nearest } from '../lib/nearest.ts'
import type { CompiledBackends } from './compile-backends.ts'
import { compileExperiment, unknownGroup, type ExperimentSource } from './compile-experiment.ts'
import { cannotDo, offersOf, toInstance, type Catalog, type Offer } from './compile-offers.ts'
import { compilePolicy } from './compile-policy.ts'
import { ANY_PLACE, compileLimits, compileSharedLimits } from './compile-limits.ts'
import type { Report } from './compile-problem.ts'
import type { ContentRule } from '../content/rule.ts'
import type { Instance, LimitRule, Policy, Route } from './snapshot.ts'

/** A route with what GET /v1/models says of it. */
interface CompiledRoute {
  readonly route: Route
  readonly created: number
  readonly ownedBy: string
}

/** Service -> public name or alias -> route. */
export type CompiledRoutes = ReadonlyMap<Service, ReadonlyMap<string, CompiledRoute>>

export interface RouteSources {
  readonly config: Config
  readonly catalog: Catalog
  readonly backends: CompiledBackends
  readonly contentRules: ReadonlyMap<string, ContentRule>
}

type ModelConfig = Config['models'][number]

/** What the backends offer, then the config's `models` over it: an entry replaces what stood under its names. */
export function compileRoutes(sources: RouteSources, report: Report): CompiledRoutes {
  const { config, backends, catalog, contentRules } = sources
  const drafts = new Drafts()
  const limitsOf = compileSharedLimits(config, report)
  for (const compiled of backends.byId.values()) {
    for (const offer of offersOf(compiled, catalog, report)) {
      const { service, model } = offer
      const draft =
        drafts.get(service, model) ??
        newDraft(service, model, compilePolicy([config.defaults, config.services[service]], contentRules), limitsOf(service))
      drafts.set(service, model, draft)
      // A disabled backend's models keep their names: 503 is the truth, 404 would say that they never were.
      if (compiled.config.enabled) join(draft, offer)
    }
  }
  const names = new Map<string, string>()
  for (const [index, model] of config.models.entries()) {
    const own = compileLimits(
      { limits: model.limits, place: `model ${model.service} ${model.name}`, path: ['models', index], scopes: ['model', ...ANY_PLACE] },
      report,
    )
    const policy = compilePolicy([config.defaults, config.services[model.service], model], contentRules)
    const draft = newDraft(model.service, model.name, policy, [...limitsOf(model.service), ...own])
    const groupOf = addTargets(draft, { model, index }, { sources, report })
    if (model.experiment !== undefined) draft.experiment = { experiment: model.experiment, path: ['models', index], groupOf }
    for (const { text, path } of namesOf(model, index)) {
      const key = `${model.service} ${text}`
      const owner = names.get(key)
      if (owner === undefined) drafts.set(model.service, text, draft)
      else report(path, `"${text}" is already a name of ${owner} for ${model.service}`)
      names.set(key, owner ?? `models[${index}]`)
    }
  }
  return drafts.finish(report)
}

/** A route that grows: instances of several backends may join it. */
interface Draft {
  readonly service: Service
  readonly model: string
  readonly policy: Policy
  readonly limits: readonly LimitRule[]
  readonly instances: Instance[]
  created: number
  ownedBy: string | undefined
  experiment: ExperimentSource | undefined
}

function newDraft(service: Service, model: string, policy: Policy, limits: readonly LimitRule[]): Draft {
  return { service, model, policy, limits, instances: [], created: 0, ownedBy: undefined, experiment: undefined }
}

function join(draft: Draft, { instance, created, ownedBy }: Pick<Offer, 'instance' | 'created' | 'ownedBy'>): void {
  draft.instances.push(instance)
  if (draft.created === 0) draft.created = created
  draft.ownedBy ??= ownedBy
}

function namesOf({ name, aliases }: ModelConfig, index: number): { text: string; path: (string | number)[] }[] {
  return [
    { text: name, path: ['models', index, 'name'] },
    ...aliases.map((text, place) => ({ text, path: ['models', index, 'aliases', place] })),
  ]
}

function addTargets(
  draft: Draft,
  { model, index }: { model: ModelConfig; index: number },
  { sources, report }: { sources: RouteSources; report: Report },
): ReadonlyMap<string, string | undefined> {
  const { backends, catalog } = sources
  const seen = new Map<string, number>()
  const groupOf = new Map<string, string | undefined>()
  for (const [place, target] of model.targets.entries()) {
    const path = ['models', index, 'targets', place]
    checkGroup(target.group, { model, path }, report)
    const compiled = backends.byId.get(target.backend)
    if (compiled === undefined) {
      if (!backends.ids.has(target.backend)) report([...path, 'backend'], unknownBackend(target.backend, backends.ids))
      continue
    }
    if (!compiled.services.has(draft.service)) {
      report([...path, 'backend'], `"${target.backend}": ${cannotDo(compiled.backend.adapter.id, draft.service)}`)
      continue
    }
    const name = target.model ?? model.name
    const instance = toInstance(compiled, { name, weight: target.weight, priority: target.priority })
    const earlier = seen.get(instance.id)
    if (earlier !== undefined) report(path, `names the same model of the same backend as models[${index}].targets[${earlier}]`)
    seen.set(instance.id, earlier ?? place)
    groupOf.set(instance.id, target.group)
    const found = catalog.get(target.backend)?.find(({ id }) => id === name)
    if (compiled.config.enabled) join(draft, { instance, created: found?.created ?? 0, ownedBy: found?.ownedBy })
  }
  return groupOf
}

function checkGroup(
  group: string | undefined,
  { model, path }: { model: ModelConfig; path: readonly (string | number)[] },
  report: Report,
): void {
  const names = model.experiment?.groups.map(({ name }) => name) ?? []
  if (group === undefined || names.includes(group)) return
  report([...path, 'group'], model.experiment === undefined ? 'the model has no experiment' : unknownGroup(group, names))
}

function unknownBackend(id: string, known: Iterable<string>): string {
  const meant = nearest(id, known)
  return `unknown backend "${id}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

class Drafts {
  readonly #byService = new Map<Service, Map<string, Draft>>()

  get(service: Service, name: string): Draft | undefined {
    return this.#byService.get(service)?.get(name)
  }

  set(service: Service, name: string, draft: Draft): void {
    const names = this.#byService.get(service)
    if (names === undefined) this.#byService.set(service, new Map([[name, draft]]))
    else names.set(name, draft)
  }

  finish(report: Report): CompiledRoutes {
    // A name and its aliases share one route object, since run-time memory hangs on it.
    const finished = new Map<Draft, CompiledRoute>()
    const toCompiled = (draft: Draft): CompiledRoute => {
      const known = finished.get(draft)
      if (known !== undefined) return known
      const compiled = finishDraft(draft, report)
      finished.set(draft, compiled)
      return compiled
    }
    return mapInner(this.#byService, toCompiled)
  }
}

function finishDraft(
  { service, model, policy, limits, instances, created, ownedBy, experiment: source }: Draft,
  report: Report,
): CompiledRoute {
  const [instanceLimits, own] = [limits.filter(({ by }) => by === 'instance'), limits.filter(({ by }) => by !== 'instance')]
  const plain: Route = Object.freeze({ service, model, instances: Object.freeze(instances), policy, limits: own, instanceLimits })
  const experiment = source === undefined ? undefined : compileExperiment(plain, source, report)
  const route = experiment === undefined ? plain : Object.freeze({ ...plain, experiment })
  return { route, created, ownedBy: ownedBy ?? instances[0]?.backend.adapter.id ?? 'jairouter' }
}

/** A map of maps with every inner value converted. */
export function mapInner<K, N, A, B>(maps: ReadonlyMap<K, ReadonlyMap<N, A>>, convert: (value: A) => B): Map<K, Map<N, B>> {
  return new Map([...maps].map(([key, inner]) => [key, new Map([...inner].map(([name, value]) => [name, convert(value)]))]))
}
