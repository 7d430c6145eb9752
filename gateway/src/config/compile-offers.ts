import type { Service } from '@jairouter/contract/names'
import type { DiscoveredModel } from '../adapters/model-list.ts'
import type { CompiledBackend } from './compile-backends.ts'
import type { Report } from './compile-problem.ts'
import type { Instance } from './snapshot.ts'

/** Backend id -> the models that it listed; no entry where it has not answered yet. */
export type Catalog = ReadonlyMap<string, readonly DiscoveredModel[]>

/** One upstream model for one service, under the public name that its backend gives it. */
export interface Offer {
  readonly service: Service
  readonly model: string
  readonly instance: Instance
  readonly created: number
  readonly ownedBy: string | undefined
}

/** The models that a backend lists in the config or, with `models: auto`, has listed itself. */
export function offersOf(compiled: CompiledBackend, catalog: Catalog, report: Report): Offer[] {
  const { config, backend, services } = compiled
  if (config.models !== 'auto') return listedOffers(compiled, config.models, report)
  return (catalog.get(backend.id) ?? []).flatMap((model) => {
    const offered = model.services?.filter((service) => services.has(service)) ?? [...services]
    return offered.map((service) => ({
      service,
      model: model.id,
      instance: toInstance(compiled, { name: model.id }),
      created: model.created,
      ownedBy: model.ownedBy,
    }))
  })
}

type ListedModels = Exclude<CompiledBackend['config']['models'], 'auto'>

function listedOffers(compiled: CompiledBackend, models: ListedModels, report: Report): Offer[] {
  const offers = new Map<string, Offer>()
  for (const [position, entry] of models.entries()) {
    const model = typeof entry === 'string' ? { name: entry } : entry
    const path = ['backends', compiled.index, 'models', position]
    const offered = offeredServices(model.services, compiled, { path, report })
    const instance = toInstance(compiled, model)
    const publicName = model.as ?? model.name
    const keys = offered.map((service) => JSON.stringify([service, publicName, model.name]))
    if (keys.some((key) => offers.has(key))) {
      report(path, `"${model.name}" is in the list twice`)
      continue
    }
    for (const [place, service] of offered.entries()) {
      offers.set(keys[place] ?? '', { service, model: publicName, instance, created: 0, ownedBy: undefined })
    }
  }
  return [...offers.values()]
}

function offeredServices(
  wanted: readonly Service[] | undefined,
  { services, backend }: CompiledBackend,
  at: { path: readonly (string | number)[]; report: Report },
): readonly Service[] {
  if (wanted === undefined) return [...services]
  for (const [place, service] of wanted.entries()) {
    if (!services.has(service)) at.report([...at.path, 'services', place], cannotDo(backend.adapter.id, service))
  }
  return [...new Set(wanted)].filter((service) => services.has(service))
}

/** Weight and priority are the backend's where the model has none of its own. */
export function toInstance(
  { backend, config }: CompiledBackend,
  model: { readonly name: string; readonly weight?: number | undefined; readonly priority?: number | undefined },
): Instance {
  return Object.freeze({
    id: `${backend.id}/${model.name}`,
    backend,
    model: model.name,
    weight: model.weight ?? config.weight,
    priority: model.priority ?? config.priority,
  })
}

export function cannotDo(adapter: string, service: Service): string {
  return `adapter "${adapter}" has no endpoint for ${service}`
}
