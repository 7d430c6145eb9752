import { ClientGone } from '../errors/client-gone.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** Where on the way an upstream call failed. */
export type FaultKind = 'address_not_allowed' | 'refused' | 'dns' | 'tls' | 'unreachable' | 'reset' | 'protocol'

/** A call that failed below HTTP's semantics. */
export class UpstreamFault extends Error {
  readonly kind: FaultKind
  /** Nothing of the request had left this machine: asking another instance can't do the work twice. */
  readonly unsent: boolean

  constructor(kind: FaultKind, unsent: boolean, cause: unknown) {
    super(`upstream ${kind}`, { cause })
    this.name = 'UpstreamFault'
    this.kind = kind
    this.unsent = unsent
  }
}

const KINDS: Readonly<Record<string, FaultKind>> = {
  ERR_ADDRESS_NOT_ALLOWED: 'address_not_allowed',
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_NODATA: 'dns',
  EAI_FAIL: 'dns',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
}

/**
 * Errors of sockets, DNS, TLS and undici's parser -> a fault. What nobody knows is a protocol error: the answer made no
 * sense. An upload that ended on the client's side comes out of undici as it went in, and says nothing of the backend.
 */
export function toUpstreamFault(error: unknown, connected: boolean): Error {
  if (error instanceof ClientGone || error instanceof GatewayError) return error
  const code = codeOf(error)
  // undici has one code for a closed socket and for a 101 that nobody asked for; only its text tells them apart.
  const known = error instanceof Error && error.message === 'bad upgrade' ? 'protocol' : KINDS[code]
  if (known !== undefined) return new UpstreamFault(known, !connected, error)
  const certificate = /CERT|SELF_SIGNED|TLS|SSL|ALTNAME|UNABLE_TO/.test(code)
  return new UpstreamFault(certificate && !connected ? 'tls' : 'protocol', !connected, error)
}

/** Node tries several addresses of one name at once and wraps their errors in an AggregateError. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : ''
}
