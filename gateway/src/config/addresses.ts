import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { addressKindOf, type AddressKind } from '../lib/public-address.ts'

/** Clouds hand the machine's own credentials to whoever asks these: nobody's request may be led there. */
const METADATA_HOSTS: ReadonlySet<string> = new Set(['metadata.google.internal', 'metadata.goog'])

/**
 * Of a host as a URL's `hostname` writes it (IPv6 in brackets; URL has already brought 0xa9fea9fe and other spellings
 * of IPv4 into the dotted form). Names are not resolved: undefined, but for those that everybody knows.
 */
export function hostKindOf(host: string): AddressKind | undefined {
  const name = withoutDot(host)
  if (METADATA_HOSTS.has(name)) return 'forbidden'
  if (name === 'localhost' || name.endsWith('.localhost')) return 'private'
  const address = name.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) === 0 ? undefined : addressKindOf(address)
}

/** `localhost`, 127.0.0.0/8 and ::1. Other names may lead to loopback too, but that can change: they do not count. */
export function isLoopbackHost(host: string): boolean {
  const name = withoutDot(host)
  return name === 'localhost' || parseAddress(name)?.range() === 'loopback'
}

/** 0.0.0.0 and ::, which stand for every address of the machine. */
export function isUnspecifiedHost(host: string): boolean {
  return parseAddress(host)?.range() === 'unspecified'
}

function withoutDot(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

/** IPv4-mapped IPv6 comes back as IPv4. node:net decides what is an address, since ipaddr.js also reads 127.1 and 0177.0.0.1. */
function parseAddress(host: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const address = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  return isIP(address) === 0 ? undefined : ipaddr.process(address)
}
