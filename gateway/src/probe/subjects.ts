import type { Config } from '@jairouter/contract/config'
import { SERVICE_OF_ENDPOINT, type Service } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import { openaiCompatible } from '../adapters/builtin/openai-compatible.ts'
import { compileBackends, type Certificates, type CompiledBackend } from '../config/compile-backends.ts'
import { parseBackendUrl } from '../config/compile-url.ts'
import { bareBackend } from '../upstream/bare-backend.ts'
import type { Subject } from './subject.ts'

export interface KnownSubject extends Subject {
  readonly enabled: boolean
}

/** The backends of a config that has no problem, in its order, by their ids. */
export function subjectsOf(config: Config, certificates: Certificates): ReadonlyMap<string, KnownSubject> {
  const { byId } = compileBackends(config, certificates, () => {})
  return new Map([...byId].map(([id, compiled]) => [id, subjectOf(config, compiled)]))
}

function subjectOf(config: Config, { backend, config: own }: CompiledBackend): KnownSubject {
  const targets = config.models.flatMap(({ name, service, targets: all }) =>
    all.filter((target) => target.backend === own.id).map((target) => ({ model: target.model ?? name, service })),
  )
  const entries = own.models === 'auto' ? [] : own.models.map((entry) => (typeof entry === 'string' ? { name: entry } : entry))
  const services = new Set<Service>([...entries.flatMap((entry) => entry.services ?? []), ...targets.map(({ service }) => service)])
  return {
    backend,
    types: typesOf(own.type, config),
    named: [...new Set([...entries.map(({ name }) => name), ...targets.map(({ model }) => model)])],
    listed: own.models !== 'auto',
    services: new Set([...services].filter((service) => isOffered(backend.adapter, service))),
    enabled: own.enabled,
  }
}

function isOffered({ paths }: AdapterDefinition, service: Service): boolean {
  return Object.entries(SERVICE_OF_ENDPOINT).some(([endpoint, of]) => of === service && Object.hasOwn(paths, endpoint))
}

/** The type, what it extends, and so on. A config without a problem has no circles. */
function typesOf(type: string, config: Config): readonly string[] {
  const types: string[] = []
  for (
    let next: string | undefined = type;
    next !== undefined;
    next = Object.hasOwn(config.adapters, next) ? config.adapters[next]?.extends : undefined
  )
    types.push(next)
  return types
}

/** A server that is in no config; its type is to be guessed. `message`: what is wrong with the address, which it does not show. */
export function subjectAt(url: string): Subject | { readonly message: string } {
  const address = parseBackendUrl(url, openaiCompatible, NOWHERE)
  if ('message' in address) return address
  return { backend: bareBackend(openaiCompatible, address), types: [], named: [], listed: false, services: new Set() }
}

/** No gateway of ours runs, so that no address is its own. */
const NOWHERE = { own: [], network: { privateAddresses: true } }
