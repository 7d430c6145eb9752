import type { AdapterDefinition } from '../adapters/definition.ts'
import { parseModelList, type DiscoveredModel } from '../adapters/model-list.ts'
import { typeOfOwner } from '../adapters/owned-by.ts'
import { askOnce, MODEL_LIST_BYTES, questionHeaders } from './ask-once.ts'
import { bareBackend } from './bare-backend.ts'
import type { OpenUpstream } from './port.ts'
import { UpstreamFault } from './upstream-fault.ts'

/** What stands behind one of the well-known ports. */
export type Finding =
  | { readonly kind: 'found'; readonly port: number; readonly adapter: AdapterDefinition; readonly models: readonly DiscoveredModel[] }
  | { readonly kind: 'locked'; readonly port: number; readonly adapter: AdapterDefinition }
  /** `stranger`: something listens there that is no model server. */
  | { readonly kind: 'nothing' | 'stranger'; readonly port: number; readonly adapters: readonly AdapterDefinition[] }

const SCAN_LIMIT_MS = 1_500

/** Asks the well-known loopback ports of local model servers for their models: what is used when there is no config. */
export function scanLoopback(open: OpenUpstream, adapters: Iterable<AdapterDefinition>, ownPort: number): Promise<Finding[]> {
  const byPort = new Map<number, AdapterDefinition[]>()
  for (const adapter of adapters) {
    for (const port of adapter.ports) if (port !== ownPort) byPort.set(port, [...(byPort.get(port) ?? []), adapter])
  }
  const ports = [...byPort].sort(([a], [b]) => a - b)
  return Promise.all(ports.map(([port, candidates]) => askPort(open, port, candidates)))
}

async function askPort(open: OpenUpstream, port: number, adapters: readonly AdapterDefinition[]): Promise<Finding> {
  let locked: AdapterDefinition | undefined
  const answers: { adapter: AdapterDefinition; models: readonly DiscoveredModel[] }[] = []
  for (const adapter of adapters) {
    for (const path of adapter.models?.paths ?? []) {
      const answer = await ask(open, { port, adapter, path })
      if (answer === 'refused') return { kind: 'nothing', port, adapters }
      if (answer === 'locked') locked ??= adapter
      else if (answer !== 'stranger') answers.push({ adapter, models: answer })
    }
  }
  // Two kinds of server share a port by default: their lists say whose they are.
  const sure = answers.find(({ adapter, models }) => models.some(({ ownedBy }) => typeOfOwner(ownedBy) === adapter.id)) ?? answers[0]
  if (sure !== undefined) return { kind: 'found', port, ...sure }
  return locked === undefined ? { kind: 'stranger', port, adapters } : { kind: 'locked', port, adapter: locked }
}

interface Question {
  readonly port: number
  readonly adapter: AdapterDefinition
  readonly path: string
}

async function ask(
  open: OpenUpstream,
  { port, adapter, path }: Question,
): Promise<readonly DiscoveredModel[] | 'refused' | 'locked' | 'stranger'> {
  const backend = bareBackend(adapter, { origin: `http://127.0.0.1:${port}`, basePath: '' })
  try {
    const headers = questionHeaders(backend, false)
    const { status, body } = await askOnce(open, { backend, path, headers, limitMs: SCAN_LIMIT_MS, limitBytes: MODEL_LIST_BYTES })
    if (status === 401 || status === 403) return 'locked'
    if (status !== 200) return 'stranger'
    return parseModelList(adapter, JSON.parse(body.toString('utf8'))) ?? 'stranger'
  } catch (error) {
    return error instanceof UpstreamFault && error.unsent ? 'refused' : 'stranger'
  }
}
