import type { ConfigInput } from '@jairouter/contract/config'
import type { Service } from '@jairouter/contract/names'
import { BUILTIN_ADAPTERS } from '../../adapters/registry.ts'
import { at, type JavaNode } from './java-tree.ts'
import { importPolicy } from './java-policy.ts'
import type { ImportReport } from './report.ts'
import { numberOf, textOf } from './scalars.ts'

type BackendInput = NonNullable<ConfigInput['backends']>[number]
type ModelEntry = Exclude<Exclude<BackendInput['models'], 'auto' | undefined>[number], string>

/** Names of the Java program's adapters that are others here. */
const TYPES: Readonly<Record<string, string>> = { normal: 'openai-compatible', claude: 'anthropic' }

/** What follows the server's root in a path that the adapter knows by itself. */
const KNOWN_PATH =
  /\/(?:v1\/|api\/)?(?:chat\/completions|chat|embeddings|embed|rerank|audio\/speech|audio\/transcriptions|images\/generations|images\/edits|messages)$/

/** Instances of all services -> backends: those that are one server with one credential become one. */
export class BackendImport {
  readonly #backends = new Map<string, BackendInput & { models: ModelEntry[] }>()
  readonly #report: ImportReport
  /** Adapters of the user's own. */
  readonly #own: ReadonlySet<string>

  constructor(report: ImportReport, own: ReadonlySet<string>) {
    this.#report = report
    this.#own = own
  }

  get backends(): readonly BackendInput[] {
    return [...this.#backends.values()]
  }

  add(instance: JavaNode, { service, adapter }: { readonly service: Service; readonly adapter: string }): void {
    const url = textOf(at(instance, 'base-url'))
    const name = textOf(at(instance, 'name'))
    if (url === undefined || name === undefined) return this.#report.leftOut(instance, 'an instance needs its name and base-url')
    const type = this.#typeOf(textOf(at(instance, 'adapter')) ?? adapter)
    if (type === undefined) return this.#report.leftOut(instance, 'there is no adapter of that name')
    const described = { type, url: this.#rootOf(url, instance), ...this.#credentials(instance, type), ...this.#protection(instance) }
    const enabled = (textOf(at(instance, 'status')) ?? 'active').toLowerCase() === 'active'
    const key = JSON.stringify([described, enabled])
    const known = this.#backends.get(key)
    const id = known?.id ?? this.#idFor(described.url)
    const backend = known ?? { id, ...described, ...(enabled ? {} : { enabled: false }), models: [] }
    this.#backends.set(key, backend)
    addModel(backend.models, { name, service, weight: numberOf(at(instance, 'weight')) })
    this.#tell(instance, id)
  }

  #typeOf(adapter: string): string | undefined {
    const name = adapter.toLowerCase()
    if (this.#own.has(name)) return name
    const type = TYPES[name] ?? name
    return BUILTIN_ADAPTERS.has(type) ? type : undefined
  }

  /** The adapter knows the paths below the root; what stands before a path of the API belongs to the root. */
  #rootOf(url: string, instance: JavaNode): string {
    const root = url.replace(/\/+$/, '')
    const path = at(instance, 'path')
    const text = textOf(path) ?? ''
    if (path === undefined || text === '' || text === '/') return root
    const before = text.replace(KNOWN_PATH, '')
    if (before === text) {
      this.#report.leftOut(path, 'the adapter knows the paths of its API; if this server has others, give it an adapter of its own')
      return root
    }
    this.#report.mapped(path, 'backends[].type', 'the adapter knows this path')
    return before === '' ? root : `${root}${before.startsWith('/') ? '' : '/'}${before}`
  }

  #credentials(instance: JavaNode, type: string): Pick<BackendInput, 'apiKey' | 'headers'> {
    const headers: Record<string, string> = {}
    let apiKey: string | undefined
    const scheme = BUILTIN_ADAPTERS.get(type)?.auth ?? { scheme: 'bearer' as const }
    for (const node of at(instance, 'headers')?.entries?.values() ?? []) {
      const name = node.path.slice(node.path.lastIndexOf('.') + 1)
      const value = textOf(node)
      if (value === undefined) continue
      const bearer = /^bearer +(.+)$/i.exec(value)?.[1]
      const isKey =
        scheme.scheme === 'header' ? name.toLowerCase() === scheme.header : name.toLowerCase() === 'authorization' && bearer !== undefined
      if (isKey) apiKey = scheme.scheme === 'header' ? value : bearer
      else headers[name] = value
      this.#report.mapped(node, isKey ? 'backends[].apiKey' : 'backends[].headers')
    }
    return { ...(apiKey === undefined ? {} : { apiKey }), ...(Object.keys(headers).length === 0 ? {} : { headers }) }
  }

  #protection(instance: JavaNode): Pick<BackendInput, 'limits' | 'breaker'> {
    const { limits, breaker } = importPolicy(instance, { to: 'backends[]', scopes: ['instance'] }, this.#report)
    return { ...(limits === undefined ? {} : { limits }), ...(breaker === undefined ? {} : { breaker }) }
  }

  #idFor(url: string): string {
    const host = url
      .replace(/^https?:\/\//, '')
      .replaceAll(/[^a-zA-Z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
    const base = host === '' ? 'backend' : host
    const taken = new Set([...this.#backends.values()].map(({ id }) => id))
    let id = base
    for (let count = 2; taken.has(id); count += 1) id = `${base}-${count}`
    return id
  }

  #tell(instance: JavaNode, id: string): void {
    const to: Readonly<Record<string, string>> = {
      name: 'models[].name',
      'base-url': 'url',
      adapter: 'type',
      weight: 'models[].weight',
      status: 'enabled',
    }
    for (const [name, field] of Object.entries(to)) {
      const node = at(instance, name)
      if (node !== undefined) this.#report.mapped(node, `backends[${id}].${field}`)
    }
    this.#report.leftOut(instance, 'an instance is known by its backend and model')
  }
}

function addModel(models: ModelEntry[], { name, service, weight }: { name: string; service: Service; weight: number | undefined }): void {
  const share = weight === undefined || weight <= 0 || weight === 1 ? {} : { weight }
  const known = models.find((model) => model.name === name && model.weight === share.weight)
  if (known === undefined) models.push({ name, services: [service], ...share })
  else known.services = [...new Set([...(known.services ?? []), service])]
}
