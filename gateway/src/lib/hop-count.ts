/** Gateways that a request has passed count themselves in this header. */
export const HOP_HEADER = 'x-jairouter-hop'

/** 0 where there is no such header; a value that is no small whole number is somebody else's, and counts as 0 too. */
export function hopsOf(headers: Readonly<Record<string, string | string[] | undefined>>): number {
  const value = headers[HOP_HEADER]
  return typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : 0
}
