/**
 * Who the client is, where proxies stand in between. X-Forwarded-For is text that anybody may send; only what a trusted
 * proxy appended to it is worth something. So it is read from the right, from the peer outwards, and only as far as
 * the hops are trusted. (Reading it from the left, as many servers do, believes the client.)
 */
import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [base: Address, bits: number]

/** More proxies than any real chain has; the rest of the header is not looked at. */
const MAX_HOPS = 32
const MAX_HEADER_CHARACTERS = 2_048

const MAPPED_PREFIX = '::ffff:'
const MAPPED_BITS = 96

/** `peer`: the socket's address. `forwardedFor`: the X-Forwarded-For header, several of them joined by commas. */
export type ResolveAddress = (peer: string, forwardedFor: string | undefined) => string

/**
 * `trustedProxies`: CIDRs or single addresses. `::/0` does not take in IPv4 peers, although a dual-stack socket shows
 * them as IPv6: say `0.0.0.0/0` for those.
 *
 * The answer is in one form for one address: IPv4-mapped IPv6 as IPv4, IPv6 compressed (RFC 5952), without zone or
 * port. What is no address as `peer` (a Unix socket has none) comes back as it is, and is not trusted.
 *
 * @throws if an entry of `trustedProxies` is neither a CIDR nor an address
 */
export function createAddressResolver(trustedProxies: readonly string[]): ResolveAddress {
  const ranges = trustedProxies.map(parseRange)
  const isTrusted = (address: string) => isWithin(address, ranges)
  return (peer, forwardedFor) => {
    const address = normalise(peer)
    if (address === undefined) return peer
    if (forwardedFor === undefined || ranges.length === 0 || !isTrusted(address)) return address
    return walk(address, readableEnd(forwardedFor), isTrusted)
  }
}

/**
 * Whether the peer is one of those whose word counts. Likewise throws if an entry is neither a CIDR nor an address.
 */
export function createProxyTrust(trustedProxies: readonly string[]): (peer: string) => boolean {
  const ranges = trustedProxies.map(parseRange)
  return (peer) => {
    const address = normalise(peer)
    return address !== undefined && isWithin(address, ranges)
  }
}

function isWithin(address: string, ranges: readonly Range[]): boolean {
  const parsed = ipaddr.parse(address)
  return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
}

/** The first hop from the right that is not trusted; the last good one where the header ends or is not readable. */
function walk(peer: string, header: string, isTrusted: (address: string) => boolean): string {
  let client = peer
  let end = header.length
  for (let hops = 0; hops < MAX_HOPS && end > 0; hops += 1) {
    const comma = header.lastIndexOf(',', end - 1)
    const hop = parseHop(header.slice(comma + 1, end))
    // Beyond what cannot be read (an empty entry, `unknown`) nobody knows who wrote what.
    if (hop === undefined) return client
    client = hop
    if (!isTrusted(hop)) return client
    end = comma
  }
  return client
}

/** The last 2 KB in whole entries: half an entry, 9.9.9.9 of 99.9.9.9, would be another address. */
function readableEnd(header: string): string {
  if (header.length <= MAX_HEADER_CHARACTERS) return header
  const tail = header.slice(-MAX_HEADER_CHARACTERS)
  const comma = tail.indexOf(',')
  return comma === -1 ? '' : tail.slice(comma + 1)
}

/** One entry: an address, also quoted, in brackets or with a port, as several proxies write it. */
function parseHop(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1')
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1]
  if (bracketed !== undefined) return bracketed.includes(':') ? normalise(bracketed) : undefined
  return normalise(/^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text)
}

/** undefined for what is no address. node:net is strict where ipaddr.js also reads 0x7f.1, 0177.0.0.1 and 2130706433. */
function normalise(text: string): string | undefined {
  // Nearly every peer, without a parse.
  if (isIPv4(text)) return text
  if (text.startsWith(MAPPED_PREFIX)) {
    const mapped = text.slice(MAPPED_PREFIX.length)
    if (isIPv4(mapped)) return mapped
  }
  const zone = text.indexOf('%')
  const address = zone === -1 ? text : text.slice(0, zone)
  if (isIP(address) !== 6) return undefined
  return ipaddr.process(withoutTrap(address)).toString()
}

function parseRange(text: string): Range {
  const slash = text.indexOf('/')
  const family = isIP(slash === -1 ? text : text.slice(0, slash))
  const cidr = withoutTrap(slash === -1 ? `${text}/${family === 4 ? 32 : 128}` : text)
  if (family === 0 || !ipaddr.isValidCIDR(cidr)) {
    throw new RangeError(`Expected a trusted proxy to be an IP address or a CIDR, got '${text}'.`)
  }
  const [base, bits] = ipaddr.parseCIDR(cidr)
  // Addresses are compared in their normal form, in which a mapped one is IPv4.
  const mapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= MAPPED_BITS
  return mapped ? [base.toIPv4Address(), bits - MAPPED_BITS] : [base, bits]
}

/** ipaddr.js takes the IPv4-compatible ::127.0.0.1 for the IPv4-mapped ::ffff:127.0.0.1, which it is not. */
function withoutTrap(ipv6: string): string {
  return ipv6.replace(/^::(?=\d+\.)/, '::0:')
}
