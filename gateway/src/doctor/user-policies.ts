import type { Config, PolicyConfig } from '@jairouter/contract/config'
import type { Instance, Route, Snapshot } from '../config/snapshot.ts'
import type { DoctorInstance, DoctorModel, DoctorPolicies } from './policies.ts'

/** Models that are handled alike are examined once. */
export interface Patient {
  readonly names: readonly string[]
  readonly policies: DoctorPolicies
}

type ModelConfig = Config['models'][number]

/**
 * The chat models of a config with simulated servers in mind: as many as each has, with their weights and priorities.
 * Nothing of the real ones is kept, neither addresses nor keys nor adapters.
 */
export function patientsOf(config: Config, snapshot: Snapshot): readonly Patient[] {
  const routes = [...new Set(snapshot.routes.get('chat')?.values())]
  const all = routes.map((route) => ({ name: route.model, policies: policiesFor(route.model, instancesOf(route), { config, snapshot }) }))
  const undiscovered = examineUndiscovered(config, snapshot)
  return joined([...all, ...(undiscovered === undefined ? [] : [undiscovered])])
}

interface Source {
  readonly config: Config
  readonly snapshot: Snapshot
}

function policiesFor(name: string, instances: readonly DoctorInstance[], source: Source): DoctorPolicies {
  const { config, snapshot } = source
  const own = modelConfigOf(config, name)
  const [defaults, chat] = [reachable(config.defaults, source), reachable(config.services.chat, source)]
  const policy = own === undefined ? undefined : reachable(policyOf(own), source)
  const names = [defaults, chat, policy].flatMap((layer) => fallbackModelsOf(layer)).filter((target) => target !== name)
  const others = [...new Set(names)].map((target): [string, DoctorModel] => {
    const route = snapshot.routes.get('chat')?.get(target)
    const entry = modelConfigOf(config, route?.model ?? target)
    // The fallback chain of a fallback model is not followed, and may lead to models that are not here.
    const { fallback: _fallback, ...rest } = entry === undefined ? {} : policyOf(entry)
    return [target, { policy: { ...rest, fallback: [] }, instances: route === undefined ? [{}] : instancesOf(route) }]
  })
  return {
    model: name,
    ...(defaults === undefined ? {} : { defaults }),
    ...(chat === undefined ? {} : { chat }),
    models: { [name]: { instances, ...(policy === undefined ? {} : { policy }) }, ...Object.fromEntries(others) },
  }
}

/** Without the steps to models that chat does not have: under `defaults` they may be another service's. */
function reachable(layer: PolicyConfig | undefined, { snapshot }: Source): PolicyConfig | undefined {
  if (layer?.fallback === undefined) return layer
  const isThere = (model: string | undefined) =>
    model === undefined || snapshot.undiscovered.length > 0 || snapshot.routes.get('chat')?.has(model) === true
  return { ...layer, fallback: layer.fallback.filter(({ model }) => isThere(model)) }
}

function fallbackModelsOf(layer: PolicyConfig | undefined): readonly string[] {
  return (layer?.fallback ?? []).flatMap(({ model }) => model ?? [])
}

function modelConfigOf(config: Config, name: string): ModelConfig | undefined {
  return config.models.find((model) => model.service === 'chat' && (model.name === name || model.aliases.includes(name)))
}

function policyOf(model: ModelConfig): PolicyConfig {
  const { name: _name, aliases: _aliases, service: _service, targets: _targets, ...policy } = model
  return policy
}

/** One at least: all of a model's backends may be disabled. */
function instancesOf({ instances }: Pick<Route, 'instances'>): readonly DoctorInstance[] {
  return instances.length === 0 ? [{}] : instances.map(instanceOf)
}

function instanceOf({ weight, priority, backend }: Instance): DoctorInstance {
  const { windowMs: window, openForMs: openFor, maxOpenForMs: maxOpenFor, ...rest } = backend.breaker
  const durations = Object.entries({ window, openFor, maxOpenFor }).filter(([, value]) => value !== undefined)
  const breaker = { ...rest, ...Object.fromEntries(durations) }
  return {
    weight,
    priority,
    ...(backend.maxConcurrency === undefined ? {} : { maxConcurrency: backend.maxConcurrency }),
    ...(Object.keys(breaker).length === 0 ? {} : { breaker }),
  }
}

/** Which models a server will list is not known before it is asked, and it is not asked here: taken as if all listed the same one. */
function examineUndiscovered(config: Config, snapshot: Snapshot): { name: string; policies: DoctorPolicies } | undefined {
  const { undiscovered } = snapshot
  if (undiscovered.length === 0) return undefined
  const name = `what ${undiscovered.join(' and ')} will list`
  const instances = undiscovered.flatMap((id): DoctorInstance[] => {
    const backend = config.backends.find((candidate) => candidate.id === id)
    const compiled = snapshot.backends.get(id)
    return backend === undefined || compiled === undefined
      ? []
      : [instanceOf({ id, model: '', backend: compiled, weight: backend.weight, priority: backend.priority })]
  })
  const policies = policiesFor(UNNAMED, instances, { config, snapshot })
  return { name, policies }
}

/** No model of a config has such a name by chance. */
const UNNAMED = 'a-model-that-will-be-listed'

function joined(all: readonly { readonly name: string; readonly policies: DoctorPolicies }[]): readonly Patient[] {
  const byShape = new Map<string, { names: string[]; policies: DoctorPolicies }>()
  for (const { name, policies } of all) {
    const shape = JSON.stringify({
      ...policies,
      model: '',
      models: [policies.models[name] ?? policies.models[UNNAMED], othersOf(policies)],
    })
    const known = byShape.get(shape)
    if (known === undefined) byShape.set(shape, { names: [name], policies })
    else known.names.push(name)
  }
  return [...byShape.values()]
}

function othersOf({ model, models }: DoctorPolicies): readonly (readonly [string, DoctorModel])[] {
  return Object.entries(models).filter(([name]) => name !== model)
}
