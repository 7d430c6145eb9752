import { isIP, isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Prefixes of one length, each with the time until which it counts; Infinity: for ever. */
interface PrefixTable<Key> {
  readonly bits: number
  readonly until: ReadonlyMap<Key, number>
}

/** Ranges of addresses, to be looked up by one step for each length of prefix that occurs, however many ranges there are. Plain data. */
export interface AddressTable {
  /** Keyed by the prefix as a number, shifted to the right. */
  readonly v4: readonly PrefixTable<number>[]
  /** Keyed by the prefix in hex, what is beyond it in the last digit being 0. */
  readonly v6: readonly PrefixTable<string>[]
}

export interface AddressRange {
  /** A CIDR or an address, as the contract lets through. */
  readonly range: string
  /** Epoch milliseconds from which on it does not count. */
  readonly until?: number
}

const MAPPED_PREFIX = '::ffff:'
const MAPPED_BITS = 96

/** @throws RangeError for what is neither a CIDR nor an address */
export function addressTable(ranges: Iterable<AddressRange>): AddressTable {
  const v4 = new Map<number, Map<number, number>>()
  const v6 = new Map<number, Map<string, number>>()
  for (const { range, until = Infinity } of ranges) {
    const { bytes, bits } = parseRange(range)
    if (bytes.length === 4) put(v4, bits, [prefix4(number4(bytes), bits), until])
    else put(v6, bits, [prefix6(hexOf(bytes), bits), until])
  }
  return { v4: tablesOf(v4), v6: tablesOf(v6) }
}

/** `address`: a client's, in its normal form (`http/client-address.ts`). What is no address is in no range. */
export function isInTable({ v4, v6 }: AddressTable, address: string, wallClock: number): boolean {
  if (isIPv4(address)) {
    if (v4.length === 0) return false
    const value = number4(address.split('.').map(Number))
    return v4.some(({ bits, until }) => (until.get(prefix4(value, bits)) ?? -Infinity) > wallClock)
  }
  if (address.startsWith(MAPPED_PREFIX) && isIPv4(address.slice(MAPPED_PREFIX.length)))
    return isInTable({ v4, v6 }, address.slice(MAPPED_PREFIX.length), wallClock)
  if (v6.length === 0 || isIP(address) !== 6) return false
  const value = hexOf(ipaddr.parse(withoutTrap(address.replace(/%.*$/, ''))).toByteArray())
  return v6.some(({ bits, until }) => (until.get(prefix6(value, bits)) ?? -Infinity) > wallClock)
}

/** The ranges that count at this time, as CIDRs. */
export function rangesIn({ v4, v6 }: AddressTable, wallClock: number): readonly string[] {
  const of4 = v4.flatMap(({ bits, until }) => live(until, wallClock).map((prefix) => `${address4(prefix, bits)}/${bits}`))
  const of6 = v6.flatMap(({ bits, until }) => live(until, wallClock).map((prefix) => `${address6(prefix)}/${bits}`))
  return [...of4, ...of6]
}

function live<Key>(until: ReadonlyMap<Key, number>, wallClock: number): readonly Key[] {
  return [...until].filter(([, end]) => end > wallClock).map(([key]) => key)
}

function address4(prefix: number, bits: number): string {
  const value = bits === 0 ? 0 : (prefix << (32 - bits)) >>> 0
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
}

function address6(prefix: string): string {
  return ipaddr.fromByteArray([...Buffer.from(prefix.padEnd(32, '0'), 'hex')]).toString()
}

function put<Key>(tables: Map<number, Map<Key, number>>, bits: number, [key, until]: readonly [Key, number]): void {
  let table = tables.get(bits)
  if (table === undefined) tables.set(bits, (table = new Map()))
  // Where a range stands twice, the longer time counts.
  table.set(key, Math.max(until, table.get(key) ?? until))
}

function tablesOf<Key>(tables: ReadonlyMap<number, Map<Key, number>>): readonly PrefixTable<Key>[] {
  return [...tables].map(([bits, until]) => ({ bits, until }))
}

function parseRange(text: string): { readonly bytes: readonly number[]; readonly bits: number } {
  const [address = '', length] = text.split('/')
  const family = isIP(address)
  const bits = length === undefined ? (family === 4 ? 32 : 128) : Number(length)
  if (family === 0 || text.split('/').length > 2 || !/^\d{1,3}$/.test(length ?? '0') || bits > (family === 4 ? 32 : 128))
    throw new RangeError(`Expected an IP address or a CIDR, got '${text}'.`)
  const parsed = ipaddr.parse(withoutTrap(address.replace(/%.*$/, '')))
  // Clients' addresses come in their normal form, in which a mapped one is IPv4.
  const mapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= MAPPED_BITS
  return mapped ? { bytes: parsed.toIPv4Address().toByteArray(), bits: bits - MAPPED_BITS } : { bytes: parsed.toByteArray(), bits }
}

function number4(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

function prefix4(value: number, bits: number): number {
  // A shift by 32 is one by 0 in JavaScript.
  return bits === 0 ? 0 : value >>> (32 - bits)
}

function hexOf(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('hex')
}

function prefix6(hex: string, bits: number): string {
  const whole = Math.floor(bits / 4)
  const rest = bits % 4
  if (rest === 0) return hex.slice(0, whole)
  const digit = Number.parseInt(hex.charAt(whole), 16)
  return hex.slice(0, whole) + ((digit >> (4 - rest)) << (4 - rest)).toString(16)
}

/** ipaddr.js takes the IPv4-compatible ::127.0.0.1 for the IPv4-mapped ::ffff:127.0.0.1, which it is not. */
function withoutTrap(ipv6: string): string {
  return ipv6.replace(/^::(?=\d+\.)/, '::0:')
}
