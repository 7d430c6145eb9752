import { isIP } from 'node:net'
import { matchesAny } from '../lib/wildcard.ts'

/**
 * Whether a Host header may be answered. A page that lets its own name point to this machine (DNS rebinding) has to send
 * that name: loopback's names, and any address written as such, can't be its.
 */
export function isHostAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  const name = hostNameOf(header)
  if (name === undefined) return false
  const isAddress = isIP(name) !== 0
  return isAddress || name === 'localhost' || name.endsWith('.localhost') || matchesAny(allowed.map(normalise), name)
}

/**
 * Whether a browser's Origin is the page's own: that of the host that was asked, or of a name that is allowed (a proxy
 * before us may have put another one into Host). Requests that no page has sent have none.
 */
export function isOriginAllowed(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  const { host: originHost, hostname, protocol } = new URL(origin)
  if (protocol !== 'http:' && protocol !== 'https:') return false
  const asked = URL.canParse(`${protocol}//${host ?? ''}`) ? new URL(`${protocol}//${host ?? ''}`).host : undefined
  return originHost === asked || matchesAny(allowed.filter((name) => name !== '*').map(normalise), normalise(hostname))
}

/** Without port and brackets, in lower case; undefined for what is no host. */
function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(header)) return undefined
  return normalise(header.replace(/:\d{1,5}$/, '')).replaceAll(/^\[|\]$/g, '')
}

/** A name may be written with the root's dot. */
function normalise(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
