/** Longer hints than this are not believed. */
const MAXIMUM_MS = 300_000

/**
 * `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC 9110 10.2.3) -> milliseconds from now, at most
 * five minutes; undefined when absent or not readable. `now` is epoch milliseconds.
 */
export function parseRetryAfter(headers: Readonly<Record<string, string | string[] | undefined>>, now: number): number | undefined {
  const precise = headers['retry-after-ms']
  if (typeof precise === 'string' && /^\d{1,12}$/.test(precise)) return Math.min(Number(precise), MAXIMUM_MS)
  const hint = headers['retry-after']
  if (typeof hint !== 'string') return undefined
  if (/^\d{1,12}$/.test(hint)) return Math.min(Number(hint) * 1_000, MAXIMUM_MS)
  const date = Date.parse(hint)
  return Number.isNaN(date) || !hint.includes(':') ? undefined : Math.min(Math.max(date - now, 0), MAXIMUM_MS)
}
