import type { Backend } from '../config/snapshot.ts'
import type { Attributes } from './span.ts'

const known = new WeakMap<Backend, Attributes>()

/** Who is asked, and where. */
export function serverOf(backend: Backend): Attributes {
  let server = known.get(backend)
  if (server === undefined) {
    const { hostname, port, protocol } = new URL(backend.origin)
    server = {
      'gen_ai.provider.name': backend.adapter.provider ?? backend.adapter.id,
      'server.address': hostname.replace(/^\[(.*)\]$/, '$1'),
      'server.port': Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
    }
    known.set(backend, server)
  }
  return server
}
