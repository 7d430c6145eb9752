import { ENDPOINTS, SERVICE_OF_ENDPOINT, type Service } from '@jairouter/contract/names'
import type { AdapterDefinition } from './definition.ts'
import { modelServices } from './model-services.ts'

/** More than any server has; a list without end must not become routes without end. */
const MAX_MODELS = 10_000
const MAX_NAME_LENGTH = 256

export interface DiscoveredModel {
  /** The upstream's name for it. */
  readonly id: string
  /** What it is for, where the backend says so; empty when that is nothing which the adapter has an endpoint for. */
  readonly services?: Service[]
  /** Epoch seconds; 0 when the backend does not say. */
  readonly created: number
  /** The adapter's id when the backend does not say. */
  readonly ownedBy: string
}

/**
 * Reads the answer of one of the adapter's `models.paths`. Undefined: not a model list, so the next path is to be tried.
 * Entries without a usable name and repetitions are left out; of the rest the first 10,000 count.
 */
export function parseModelList(adapter: AdapterDefinition, json: unknown): DiscoveredModel[] | undefined {
  const entries = ENTRIES[adapter.models?.shape ?? 'list'](json)
  if (entries === undefined) return undefined
  const offered = servicesOf(adapter)
  const models = new Map<string, DiscoveredModel>()
  for (const entry of entries) {
    if (models.size === MAX_MODELS) break
    const id = entry['id']
    if (isUsableName(id) && !models.has(id)) models.set(id, toModel(id, { entry, offered, adapterId: adapter.id }))
  }
  return [...models.values()]
}

type Entry = Readonly<Record<string, unknown>>

const ENTRIES = { list: listEntries, named: namedEntries, 'tei-info': teiEntries } as const

/** OpenAI's `{data: [...]}`, or the bare array that some servers send. */
function listEntries(json: unknown): Entry[] | undefined {
  const list = Array.isArray(json) ? json : isRecord(json) ? json['data'] : undefined
  if (!Array.isArray(list)) return undefined
  const entries = list.filter(isRecord).filter((entry) => typeof entry['id'] === 'string')
  // An array of something else is another API that happens to answer here.
  return list.length > 0 && entries.length === 0 ? undefined : entries
}

/** Gemini writes its names as `models/...`, and takes them without. */
function namedEntries(json: unknown): Entry[] | undefined {
  const list = isRecord(json) ? json['models'] : undefined
  if (!Array.isArray(list)) return undefined
  return list.filter(isRecord).flatMap((entry) => {
    const name = entry['name']
    return typeof name === 'string' ? [{ ...entry, id: name.replace(/^models\//, '') }] : []
  })
}

/** The served name is what clients know where it was set; it is the model's own otherwise, and missing in old builds. */
function teiEntries(json: unknown): Entry[] | undefined {
  if (!isRecord(json) || typeof json['model_id'] !== 'string') return undefined
  const served = json['served_model_name']
  return [{ ...json, id: isUsableName(served) ? served : json['model_id'] }]
}

function toModel(id: string, from: { entry: Entry; offered: ReadonlySet<Service>; adapterId: string }): DiscoveredModel {
  const { created, owned_by: owner } = from.entry
  const services = modelServices(from.entry)?.filter((service) => from.offered.has(service))
  return {
    id,
    ...(services === undefined ? {} : { services }),
    created: typeof created === 'number' && Number.isFinite(created) && created > 0 ? Math.trunc(created) : 0,
    ownedBy: isUsableName(owner) ? owner : from.adapterId,
  }
}

function servicesOf(adapter: AdapterDefinition): ReadonlySet<Service> {
  return new Set(ENDPOINTS.filter((endpoint) => adapter.paths[endpoint] !== undefined).map((endpoint) => SERVICE_OF_ENDPOINT[endpoint]))
}

/** A name goes into headers, logs and metrics, so one with control characters is refused. */
function isUsableName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(value)
}

function isRecord(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
