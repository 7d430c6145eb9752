import { mediaTypeOf } from '../lib/media-type.ts'
import { AdminProblem } from './route.ts'

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A browser sends its cookies along whoever has made it ask. So a request that is let in by a cookie and changes
 * something must come from a page of ours: the browser says so itself (`Sec-Fetch-Site`, or `Origin`), and it has what
 * no form of another page can send, a header `X-Requested-With` or a body of JSON. Throws origin_not_allowed.
 */
export function requireOwnPage(headers: Headers, publicUrl: string | undefined): void {
  if (!isOwnPage(headers, publicUrl)) throw refused('This request did not come from a page of the gateway')
  const isJson = /^application\/(?:[\w.-]+\+)?json$/.test(mediaTypeOf(textOf(headers['content-type'])))
  if (!isJson && textOf(headers['x-requested-with']) === '') {
    throw refused('With a cookie, send JSON, or the header X-Requested-With with any value')
  }
}

function isOwnPage(headers: Headers, publicUrl: string | undefined): boolean {
  const site = textOf(headers['sec-fetch-site'])
  if (site !== '') return site === 'same-origin' || site === 'none'
  // Browsers leave that out on plain http.
  const origin = URL.parse(textOf(headers['origin']))
  if (origin === null) return false
  if (publicUrl !== undefined && origin.origin === URL.parse(publicUrl)?.origin) return true
  return origin.host !== '' && origin.host === URL.parse(`${origin.protocol}//${textOf(headers['host'])}`)?.host
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}

function refused(message: string): AdminProblem {
  return new AdminProblem('origin_not_allowed', message)
}
