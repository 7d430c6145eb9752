import ipaddr from 'ipaddr.js'

/** Groups of an IPv6 address that one customer has for themselves (a /64). */
const GROUPS = 4

/** Whom an address stands for: an IPv4 address itself, mapped or not; of IPv6 the /64, within which one client may take any. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (!('parts' in parsed)) return parsed.toString()
  return `${parsed.parts
    .slice(0, GROUPS)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
