import type { Report } from './compile-problem.ts'

/** Framing and addressing follow from the request and the URL; a fixed value would break the connection or smuggle requests. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Headers that are sent with each request to some address. */
export function checkHeaders(headers: Readonly<Record<string, string>>, place: readonly (string | number)[], report: Report): void {
  for (const [name, value] of Object.entries(headers)) {
    const path = [...place, name]
    if (RESERVED.has(name.toLowerCase())) report(path, 'is set by the gateway itself')
    else if (!HEADER_VALUE.test(value)) report(path, 'holds a character that no header can carry (a line end, perhaps)')
  }
}
