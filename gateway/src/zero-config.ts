import { configSchema, type Config, type ConfigInput } from '@jairouter/contract/config'
import { BUILTIN_ADAPTERS } from './adapters/registry.ts'
import { createPools } from './upstream/pools.ts'
import { scanLoopback, type Finding } from './upstream/scan.ts'

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
export function configOf(findings: readonly Finding[], server: NonNullable<ConfigInput['server']>): Config {
  const found = findings.filter((finding) => finding.kind === 'found')
  const seen = new Set<string>()
  const backends = found.map(({ adapter, port }) => {
    const id = seen.has(adapter.id) ? `${adapter.id}-${port}` : adapter.id
    seen.add(id)
    return { id, type: adapter.id, url: `http://127.0.0.1:${port}` }
  })
  return configSchema.parse({ server, backends })
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
