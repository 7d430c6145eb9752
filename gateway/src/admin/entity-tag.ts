import { createHash } from 'node:crypto'

/** An entity tag (RFC 9110 8.8.3) for what a resource shows, without quotes: the same content, the same tag. */
export function tagOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)
}

/** What `If-Match` names; undefined where there is none or `*`. A list, or a weak tag, is given as it stands: no tag is equal to it. */
export function ifMatchOf(header: string | undefined): string | undefined {
  const text = header?.trim()
  if (text === undefined || text === '' || text === '*') return undefined
  return /^"([^"]*)"$/.exec(text)?.[1] ?? text
}

/** Whether the client has this content already; `If-None-Match` compares weakly. */
export function notModified(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((entry) => entry.trim().replace(/^W\//, '') === `"${tag}"`)
}
