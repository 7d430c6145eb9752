import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import buildConnector from 'undici/lib/core/connect.js'
import type { buildConnector as Connectors } from 'undici'
import { isAllowedAddress, type AddressPolicy } from '../lib/address-policy.ts'
import { addressKindOf } from '../lib/public-address.ts'

export interface ConnectPolicy extends AddressPolicy {
  /** Ports of this machine that nobody is led to: those of the management API. */
  readonly closedPorts: readonly number[]
}

/** What every policy has where nobody said otherwise. */
export const OPEN_POLICY: ConnectPolicy = { privateAddresses: true, closedPorts: [] }

/** The host is at an address that no connection may be made to. The address is for the log, never for a client. */
export class AddressNotAllowed extends Error {
  readonly code = 'ERR_ADDRESS_NOT_ALLOWED'

  constructor(addresses: readonly string[]) {
    super(`no connection is made to ${addresses.join(', ')}: the address is not allowed`)
    this.name = 'AddressNotAllowed'
  }
}

export interface ConnectGuard {
  /** Of a host that is an address: throws an AddressNotAllowed. */
  check(host: string): void
  /** Finds the addresses of a name, and leaves only those that are allowed: to these and no others the connection is made. */
  readonly lookup: LookupFunction
  /** Of the address that a connection was really made to: throws an AddressNotAllowed. */
  checkConnected(socket: Socket): void
}

/** All that may resolve a name, as `node:dns` does. */
export type Resolve = (host: string, callback: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void

/** Guards connections to a port by the policy as it is at the time. */
export function createConnectGuard(policy: () => ConnectPolicy, port: number, resolve: Resolve = resolveBySystem): ConnectGuard {
  const isAllowed = (address: string) => {
    const current = policy()
    return isAllowedAddress(address, current) && !(current.closedPorts.includes(port) && isOwnAddress(address))
  }
  return {
    check(host) {
      const address = host.replace(/^\[(.*)\]$/, '$1')
      if (isIP(address) !== 0 && !isAllowed(address)) throw new AddressNotAllowed([address])
    },
    lookup(host, { all, family }, callback) {
      resolve(host, (error, found) => {
        if (error !== null) return callback(error, '')
        const wanted = found.filter((each) => isOfFamily(each, family))
        const allowed = wanted.filter(({ address }) => isAllowed(address))
        const [first] = allowed
        if (first === undefined)
          return callback(wanted.length === 0 ? noAddress(host) : new AddressNotAllowed(wanted.map(({ address }) => address)), '')
        return all === true ? callback(null, [...allowed]) : callback(null, first.address, first.family)
      })
    },
    checkConnected({ remoteAddress }) {
      if (remoteAddress !== undefined && !isAllowed(remoteAddress)) throw new AddressNotAllowed([remoteAddress])
    },
  }
}

/** For undici's pools and agents: connects where the policy allows, and nowhere else. */
export function createPolicedConnect(
  policy: () => ConnectPolicy,
  options: Connectors.BuildOptions = {},
  resolve: Resolve = resolveBySystem,
): Connectors.connector {
  const connectors = new Map<number, { readonly guard: ConnectGuard; readonly connect: Connectors.connector }>()
  const connectorOf = (port: number) => {
    let known = connectors.get(port)
    if (known === undefined) {
      const guard = createConnectGuard(policy, port, resolve)
      known = { guard, connect: buildConnector({ ...options, lookup: guard.lookup }) }
      connectors.set(port, known)
    }
    return known
  }
  return (target, callback) => {
    const { guard, connect } = connectorOf(Number(target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : target.port))
    try {
      guard.check(target.hostname)
    } catch (error) {
      // As a connection that fails does: not before this call has returned.
      queueMicrotask(() => callback(asError(error), null))
      return
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      try {
        guard.checkConnected(socket)
      } catch (refusal) {
        socket.destroy()
        return callback(asError(refusal), null)
      }
      return callback(null, socket)
    })
  }
}

function resolveBySystem(host: string, callback: Parameters<Resolve>[1]): void {
  systemLookup(host, { all: true }, callback)
}

/** Loopback, and the addresses of this machine's interfaces. */
function isOwnAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (plain === '::1' || plain.startsWith('127.')) return true
  if (addressKindOf(address) === 'forbidden') return true
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((each) => each.address === plain) === true)
}

function isOfFamily({ family }: LookupAddress, wanted: LookupOptions['family']): boolean {
  return wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${family}`
}

function noAddress(host: string): Error {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: host })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
