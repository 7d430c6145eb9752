import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * `public`: of the public internet.
 * `private`: of this machine, or of a network that isn't the public internet, or that nobody may have there.
 * `forbidden`: where no request may be led whatever it is for. Link-local, and where a cloud hands out the credentials
 * of the machine that asks; and what is no address of one machine: unspecified, multicast, broadcast, no address at all.
 */
export type AddressKind = 'public' | 'private' | 'forbidden'

/** Metadata services outside link-local: Alibaba, Oracle, Azure (which looks public, but answers only its own machines), AWS, Google, Scaleway. */
const METADATA: ReadonlySet<string> = new Set([
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fd00:42::42',
])

/** All of IPv6 that has been given out for unicast (RFC 4291, 2.4). */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')
/** IPv4 in the last four bytes: IPv4-compatible and IPv4-mapped (RFC 4291, 2.5.5), NAT64 (RFC 6052). */
const TAILED = ['::/96', '::ffff:0:0/96', '64:ff9b::/96'].map((network) => ipaddr.parseCIDR(network))
/** RFC 3056. */
const SIX_TO_FOUR = ipaddr.parseCIDR('2002::/16')
/** RFC 4380. */
const TEREDO = ipaddr.parseCIDR('2001::/32')

/**
 * Whether an address, IPv4 or IPv6 as inet_pton reads them (with a zone or not), is one of the public internet. An IPv6
 * address that carries IPv4 ones is public if all of those are. False for what is no address, so also for 127.1 and
 * 010.0.0.1, which not everybody reads alike.
 */
export function isPublicAddress(address: string): boolean {
  return addressKindOf(address) === 'public'
}

/** As inet_pton reads it, with a zone or not. An IPv6 address that carries IPv4 ones is as the worst of those. */
export function addressKindOf(address: string): AddressKind {
  // ipaddr.js reads more than is legal, and not every zone that is.
  if (isIP(address) === 0) return 'forbidden'
  const parsed = ipaddr.parse(address.replace(/%.*$/, ''))
  // ::1 looks as if it carried 0.0.0.1.
  const carried = parsed instanceof ipaddr.IPv6 && parsed.range() !== 'loopback' ? carriedIn(parsed) : []
  if (carried.length === 0) return ownKindOf(parsed)
  const kinds = carried.map((bytes) => ownKindOf(ipaddr.fromByteArray(bytes)))
  return kinds.find((kind) => kind === 'forbidden') ?? kinds.find((kind) => kind === 'private') ?? 'public'
}

/** The IPv4 addresses that packets to this one end up at, four bytes each. */
function carriedIn(address: ipaddr.IPv6): number[][] {
  const bytes = address.toByteArray()
  if (TAILED.some((network) => address.match(network))) return [bytes.slice(12)]
  if (address.match(SIX_TO_FOUR)) return [bytes.slice(2, 6)]
  // The server's, and the client's with every bit turned round.
  if (address.match(TEREDO)) return [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)]
  return []
}

const FORBIDDEN: ReadonlySet<string> = new Set(['linkLocal', 'unspecified', 'multicast', 'broadcast'])

function ownKindOf(address: ipaddr.IPv4 | ipaddr.IPv6): AddressKind {
  const range = address.range()
  if (FORBIDDEN.has(range) || METADATA.has(address.toString())) return 'forbidden'
  const given = address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST)
  return given && range === 'unicast' ? 'public' : 'private'
}
