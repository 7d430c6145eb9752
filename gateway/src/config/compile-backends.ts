import type { BackendConfig, Config } from '@jairouter/contract/config'
import { ENDPOINTS, SERVICE_OF_ENDPOINT, type Service } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import { resolveAdapters, unknownAdapterMessage } from '../adapters/registry.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { checkHeaders } from './compile-headers.ts'
import { compileBreaker } from './compile-policy.ts'
import { compileLimits } from './compile-limits.ts'
import type { Report } from './compile-problem.ts'
import { parseBackendUrl, type BackendAddress, type OwnAddress } from './compile-url.ts'
import type { Backend } from './snapshot.ts'

export interface CompiledBackend {
  readonly index: number
  readonly config: BackendConfig
  readonly backend: Backend
  /** Those that the adapter has an endpoint for. */
  readonly services: ReadonlySet<Service>
}

export interface CompiledBackends {
  /** By id, the disabled ones too, in the config's order. */
  readonly byId: ReadonlyMap<string, CompiledBackend>
  /** Ids that stand in the config, faulty ones included: naming such a one is not a second fault. */
  readonly ids: ReadonlySet<string>
}

/** Path of a CA file as the config writes it -> its PEM text; a file that cannot be read is not in the map. */
export type Certificates = ReadonlyMap<string, string>

/** Joins each backend with its adapter and its address. A faulty one is reported and left out. */
export function compileBackends(config: Config, certificates: Certificates, report: Report): CompiledBackends {
  const { adapters, problems } = resolveAdapters(config.adapters)
  for (const { path, message } of problems) report(path, message)

  const byId = new Map<string, CompiledBackend>()
  const positions = new Map<string, number>()
  for (const [index, backend] of config.backends.entries()) {
    const earlier = positions.get(backend.id)
    if (earlier !== undefined) {
      report(['backends', index, 'id'], `"${backend.id}" is already the id of backends[${earlier}]`)
      continue
    }
    positions.set(backend.id, index)
    const adapter = adapters.get(backend.type)
    if (adapter === undefined) {
      // An adapter of the user's own that is faulty has been reported where it stands.
      if (!Object.hasOwn(config.adapters, backend.type)) {
        report(['backends', index, 'type'], unknownAdapterMessage(backend.type, [...adapters.keys(), ...Object.keys(config.adapters)]))
      }
      continue
    }
    const compiled = compileBackend({ backend, index, adapter, config, certificates }, report)
    if (compiled !== undefined) byId.set(backend.id, { index, config: backend, backend: compiled, services: servicesOf(adapter) })
  }
  return { byId, ids: new Set(positions.keys()) }
}

interface BackendInput {
  readonly backend: BackendConfig
  readonly index: number
  readonly adapter: AdapterDefinition
  readonly config: Config
  readonly certificates: Certificates
}

function compileBackend(input: BackendInput, report: Report): Backend | undefined {
  const { backend, index, adapter } = input
  checkCredentials(backend, index, report)
  const ca = compileCa(input, report)
  const address = compileAddress(input, report)
  if (address === undefined) return undefined
  const { id, health } = backend
  return deepFreeze({
    id,
    adapter,
    ...address,
    ...(backend.apiKey === undefined || backend.apiKey === '' ? {} : { apiKey: backend.apiKey }),
    headers: { ...backend.headers },
    keepAlive: backend.keepAlive,
    ...(backend.maxConcurrency === undefined ? {} : { maxConcurrency: backend.maxConcurrency }),
    breaker: compileBreaker(backend.breaker),
    limits: compileLimits({ limits: backend.limits, place: `backend ${id}`, path: ['backends', index], scopes: ['instance'] }, report),
    ...(ca === undefined ? {} : { ca }),
    discover: backend.models === 'auto' && adapter.models !== undefined,
    refreshMs: backend.refresh,
    health: {
      enabled: health.enabled,
      intervalMs: health.interval,
      timeoutMs: health.timeout,
      unhealthyAfter: health.unhealthyAfter,
      healthyAfter: health.healthyAfter,
    },
  })
}

function compileAddress({ backend, index, adapter, config }: BackendInput, report: Report): BackendAddress | undefined {
  const url = backend.url ?? adapter.url
  if (url === undefined) {
    report(['backends', index], `needs a url: adapter "${adapter.id}" has no public address of its own`)
    return undefined
  }
  const address = parseBackendUrl(url, adapter, { own: ownAddresses(config), network: config.network })
  if (!('message' in address)) return address
  report(backend.url === undefined ? ['backends', index, 'type'] : ['backends', index, 'url'], address.message)
  return undefined
}

function compileCa({ backend, index, certificates }: BackendInput, report: Report): string | undefined {
  if (backend.ca === undefined) return undefined
  const pem = certificates.get(backend.ca)
  if (pem === undefined) report(['backends', index, 'ca'], 'cannot be read: expected the path of a PEM file')
  else if (!pem.includes('-----BEGIN CERTIFICATE-----')) report(['backends', index, 'ca'], 'holds no certificate: expected a PEM file')
  return pem
}

function checkCredentials(backend: BackendConfig, index: number, report: Report): void {
  checkHeaders(backend.headers, ['backends', index, 'headers'], report)
  if (backend.apiKey !== undefined && !/^[\x20-\x7e]*$/.test(backend.apiKey)) {
    report(['backends', index, 'apiKey'], 'holds a character that no header can carry (a line end, perhaps)')
  }
}

function servicesOf(adapter: AdapterDefinition): ReadonlySet<Service> {
  return new Set(ENDPOINTS.filter((endpoint) => adapter.paths[endpoint] !== undefined).map((endpoint) => SERVICE_OF_ENDPOINT[endpoint]))
}

function ownAddresses({ server, admin }: Config): readonly OwnAddress[] {
  return admin.port === undefined ? [server] : [server, { host: server.host, port: admin.port, setting: 'admin.port' }]
}
