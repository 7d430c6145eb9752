import { stringify } from 'yaml'
import type { ConfigInput, PolicyInput } from '@jairouter/contract/config'
import type { Service } from '@jairouter/contract/names'
import { BackendImport } from './java-backends.ts'
import { importKeys } from './java-keys.ts'
import { importPolicy } from './java-policy.ts'
import { serviceOf } from './java-services.ts'
import { at, parseJava, relaxed, type JavaNode } from './java-tree.ts'
import { ImportReport, type ImportLine } from './report.ts'
import { numberOf, textOf } from './scalars.ts'

const SERVICE_SCOPES = ['service', 'model', 'instance', 'client-ip'] as const

export interface JavaImport {
  /** A config of ours. */
  readonly yaml: string
  /** What became of each setting, in the order of the file. */
  readonly lines: readonly ImportLine[]
  readonly faults: readonly { readonly line: number; readonly message: string; readonly fatal: boolean }[]
}

/** The YAML of a Java JAiRouter -> a config of ours, and line by line what was mapped and what was not. */
export function importJava(text: string): JavaImport {
  const { root, faults } = parseJava(text)
  const report = new ImportReport()
  const config = { ...importServer(root, report), ...importKeys(root, report), ...importModel(root, report) }
  noteTheRest(root, report)
  return { yaml: stringify(config, { lineWidth: 0 }), lines: report.lines(root), faults }
}

function importServer(root: JavaNode, report: ImportReport): Pick<ConfigInput, 'server'> {
  const port = at(root, 'server', 'port')
  const host = at(root, 'server', 'address')
  const server = { ...(host === undefined ? {} : { host: textOf(host) ?? '' }), ...portOf(port) }
  if (port !== undefined) report.mapped(port, 'server.port')
  if (host !== undefined) report.mapped(host, 'server.host')
  return Object.keys(server).length === 0 ? {} : { server }
}

function portOf(node: JavaNode | undefined): { port?: number } {
  const port = numberOf(node)
  return port === undefined ? {} : { port }
}

function importModel(root: JavaNode, report: ImportReport): ConfigInput {
  const model = at(root, 'model')
  const adapter = textOf(at(model, 'adapter')) ?? 'normal'
  const adapterNode = at(model, 'adapter')
  if (adapterNode !== undefined) report.mapped(adapterNode, 'backends[].type')
  const adapters = importAdapters(at(root, 'adapter-definitions') ?? at(model, 'adapter-definitions'), report)
  const defaults = importPolicy(model, { to: 'defaults', scopes: SERVICE_SCOPES }, report)
  const services: Partial<Record<Service, PolicyInput>> = {}
  const backends = new BackendImport(report, new Set(Object.keys(adapters)))
  for (const [name, node] of at(model, 'services')?.entries ?? []) {
    const service = serviceOf(relaxed(name))
    if (service === undefined) {
      report.leftOut(node, 'there is no such service')
      continue
    }
    const policy = importPolicy(node, { to: `services.${service}`, scopes: SERVICE_SCOPES }, report)
    if (Object.keys(policy).length > 0) services[service] = policy
    const own = at(node, 'adapter')
    if (own !== undefined) report.mapped(own, 'backends[].type')
    for (const instance of at(node, 'instances')?.items ?? []) backends.add(instance, { service, adapter: textOf(own) ?? adapter })
  }
  return {
    ...(Object.keys(adapters).length === 0 ? {} : { adapters }),
    backends: [...backends.backends],
    ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    ...(Object.keys(services).length === 0 ? {} : { services }),
  }
}

function importAdapters(node: JavaNode | undefined, report: ImportReport): NonNullable<ConfigInput['adapters']> {
  const adapters: NonNullable<ConfigInput['adapters']> = {}
  for (const definition of node?.entries?.values() ?? []) {
    const name = definition.path.slice(definition.path.lastIndexOf('.') + 1).toLowerCase()
    const type = textOf(at(definition, 'type')) ?? 'openai-compatible'
    const parent = (textOf(at(definition, 'parent')) ?? 'openai-compatible').toLowerCase()
    const base = type === 'ollama-compatible' ? 'ollama' : type === 'extend' && parent !== 'normal' ? parent : 'openai-compatible'
    const header = textOf(at(definition, 'auth', 'header-name'))
    const own =
      header === undefined || header.toLowerCase() === 'authorization'
        ? {}
        : { auth: { scheme: 'header' as const, header: header.toLowerCase() } }
    const extra = [...(at(definition, 'additional-headers')?.entries?.values() ?? [])]
    const headers = Object.fromEntries(extra.map((entry) => [entry.path.slice(entry.path.lastIndexOf('.') + 1), textOf(entry) ?? '']))
    adapters[name] = { extends: base, ...own, ...(extra.length === 0 ? {} : { headers }) }
    for (const setting of definition.entries?.values() ?? []) {
      if (setting === at(definition, 'capabilities'))
        report.leftOut(setting, 'what a backend can do is told by the paths of its adapter and the services of its models')
      else report.mapped(setting, `adapters.${name}`)
    }
  }
  return adapters
}

const ELSEWHERE: readonly (readonly [path: readonly string[], note: string])[] = [
  [['jairouter', 'security', 'jwt', 'accounts'], 'passwords in a file are not taken over: jairouter users create'],
  [['jairouter', 'security', 'jwt'], 'tokens are signed with a secret that the gateway makes and keeps'],
  [['jairouter', 'security', 'sanitization'], 'see contentRules in docs/configuration.md'],
  [['jairouter', 'security'], 'accounts, audit and keys need no switch'],
  [['jairouter', 'tracing'], 'traces are a part of their own'],
  [['monitoring'], 'metrics are always on'],
  [['store'], 'see store in docs/configuration.md'],
  [['spring'], 'of the Java program alone'],
  [['webclient'], 'see timeouts in docs/configuration.md'],
  [['logging'], 'see log.level'],
  [['management'], '/metrics and /health need no switch'],
]

function noteTheRest(root: JavaNode, report: ImportReport): void {
  for (const [path, note] of ELSEWHERE) {
    const node = at(root, ...path)
    if (node !== undefined) report.leftOut(node, note)
  }
}
