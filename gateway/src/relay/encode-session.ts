import { upstreamPath } from '../adapters/encode.ts'
import type { Instance } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { DialRequest } from '../upstream/port.ts'
import type { ClientPort } from './client-port.ts'
import { forwardedHeaders } from './encode.ts'

/** What a client asks for with its handshake, beside the model. */
export interface SessionWishes {
  /** Parameters of the query, as they are to be passed on. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Subprotocols, without those that carry a key. */
  readonly protocols: readonly string[]
}

export interface SessionEncoding {
  readonly call: Call
  readonly wishes: SessionWishes
  readonly instance: Instance
  readonly headers: ClientPort['headers']
}

/** Says for one session and one instance how it is asked for; undefined where the backend has no sessions. */
export function encodeSession({ call, wishes, instance, headers }: SessionEncoding): Omit<DialRequest, 'maximumMessageBytes'> | undefined {
  const { backend, model } = instance
  const path = upstreamPath(backend.adapter, call.endpoint.id, model)
  if (path === undefined) return undefined
  const [bare = ''] = path.split('?')
  const query = new URLSearchParams([['model', model], ...wishes.query.map(([name, value]) => [name, value])])
  for (const [name, value] of Object.entries(backend.adapter.query)) query.set(name, value)
  return {
    backend,
    path: `${backend.basePath}${bare}?${query}`,
    headers: withoutHandshake(forwardedHeaders(headers, backend)),
    protocols: wishes.protocols,
  }
}

/** The handshake with the backend is the gateway's own: its key, its version, its extensions. */
function withoutHandshake(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('sec-websocket-')))
}
