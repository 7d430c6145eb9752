import { stringify } from 'yaml'
import type { ConfigInput } from '@jairouter/contract/config'
import { BUILTIN_ADAPTERS } from './adapters/registry.ts'
import type { Logger } from './telemetry/log.ts'
import { createPools } from './upstream/pools.ts'
import { scanLoopback, type Finding } from './upstream/scan.ts'
import type { OpenDesk } from './versions/open-desk.ts'

/** How often new local servers are looked for while there is no config file. */
const RESCAN_MS = 30_000

type BackendInput = NonNullable<ConfigInput['backends']>[number]

/** Without a config file: what answers on the well-known loopback ports is used. */
export async function findLocalServers(ownPort: number): Promise<Finding[]> {
  const pools = createPools()
  try {
    return await scanLoopback(pools.open, BUILTIN_ADAPTERS.values(), ownPort)
  } finally {
    await pools.destroy()
  }
}

/** The config that these findings amount to. */
export function textOf(findings: readonly Finding[]): string {
  return stringify({ backends: backendsOf(findings, []) })
}

/** One for each server that was found, under names that are free. */
function backendsOf(findings: readonly Finding[], taken: readonly string[]): BackendInput[] {
  const seen = new Set<string>(taken)
  return findings
    .filter((finding) => finding.kind === 'found')
    .map(({ adapter, port }) => {
      const id = seen.has(adapter.id) ? `${adapter.id}-${port}` : adapter.id
      seen.add(id)
      return { id, type: adapter.id, url: `http://127.0.0.1:${port}` }
    })
}

/**
 * Adds servers that come up later to the config, as long as nobody has taken it in hand: from the first change of an
 * operator's on it is theirs. A server that went away stays known: its health says so, and it may come back.
 */
export function watchLocalServers({
  findings,
  port,
  desk,
  log,
}: {
  readonly findings: readonly Finding[]
  readonly port: number
  readonly desk: OpenDesk
  readonly log: Logger
}): () => void {
  const known = new Set(findings.filter(({ kind }) => kind === 'found').map((finding) => finding.port))
  const look = async () => {
    const news = (await findLocalServers(port)).filter((finding) => finding.kind === 'found' && !known.has(finding.port))
    if (news.length === 0) return
    for (const finding of news) known.add(finding.port)
    log.info({ news: describeFindings(news) }, 'found more model servers')
    const { version, config } = desk.state
    if (version.origin !== 'scan') return
    const added = backendsOf(
      news,
      config.backends.map(({ id }) => id),
    )
    await desk.change({
      change: { edits: added.map((backend) => ({ op: 'put', path: ['backends', { id: backend.id }], value: backend })) },
      origin: { actor: { kind: 'system' } },
      action: 'config.scan',
    })
  }
  const timer = setInterval(() => {
    void look().catch((error: unknown) => log.warn({ error }, 'looking for model servers failed'))
  }, RESCAN_MS)
  return () => clearInterval(timer)
}

/** One line for each port: what was found, and what was not. */
export function describeFindings(findings: readonly Finding[]): string[] {
  return findings.map((finding) => {
    const at = `127.0.0.1:${finding.port}`
    if (finding.kind === 'found') {
      const names = finding.models.slice(0, 5).map(({ id }) => id)
      const more = finding.models.length > names.length ? `, and ${finding.models.length - names.length} more` : ''
      return `found    ${at}  ${finding.adapter.label}: ${names.length === 0 ? 'no models yet' : `${names.join(', ')}${more}`}`
    }
    if (finding.kind === 'locked') return `locked   ${at}  ${finding.adapter.label} wants a key: name it in a config file`
    const labels = finding.adapters.map(({ label }) => label).join(' or ')
    return finding.kind === 'nothing' ? `nothing  ${at}  (${labels})` : `other    ${at}  something listens, but no ${labels}`
  })
}
