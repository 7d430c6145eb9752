import type { Policy } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { ClientPort } from './client-port.ts'

/** What a request sticks to under the hashing balancers: the client's address, or the first of the policy's keys that it carries. */
export function stickyKey(policy: Policy, call: Call, client: ClientPort): string {
  if (policy.balance === 'ip-hash') return client.address
  if (policy.balance !== 'consistent-hash') return ''
  for (const source of policy.hashKeys) {
    const value = readKey(source, call, client)
    if (value !== undefined) return value
  }
  return client.address
}

function readKey(source: string, call: Call, client: ClientPort): string | undefined {
  if (source === 'client-ip') return client.address
  if (source.startsWith('header:')) {
    const value = client.headers[source.slice('header:'.length).toLowerCase()]
    return value === undefined || value === '' ? undefined : String(value)
  }
  const value = call.kind === 'json' ? call.fields[source] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}
