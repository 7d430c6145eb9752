import { createHash } from 'node:crypto'
import { partsOf, type TextPart } from '../interpolate.ts'

/** Takes in a secret and says by which id it is known: always the same for the same secret. */
export type KeepSecret = (secret: string) => string

/** What a header's value may begin with that is none of the secret. */
const SCHEME = /^(?:Bearer|Basic|Token|Key|ApiKey)\s+/i

/**
 * A text at a place of secrets, without the secrets in it: each is handed to `keep`, and a reference to it takes its place.
 * References to the environment stay; defaults of theirs are secrets as well.
 */
export function withoutSecret(text: string, as: 'stored' | 'digest', keep: KeepSecret): string {
  const parts = partsOf(text)
  // No config: what it is meant to be, nobody can say, so all of it is a secret.
  if (parts === undefined) return `\${secret:${keep(text)}}`
  const [only, ...others] = parts
  if (as === 'digest' && only !== undefined && 'literal' in only && others.length === 0) return digestOf(only.literal)
  return parts.map((part, index) => sealPart(part, index === 0, keep)).join('')
}

function digestOf(key: string): string {
  return /^sha256:/i.test(key) ? key : `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function sealPart(part: TextPart, isFirst: boolean, keep: KeepSecret): string {
  if ('secret' in part) return `\${secret:${part.secret}}`
  if ('name' in part) {
    const { name, fallback } = part
    if (fallback === undefined || fallback === '') return fallback === undefined ? `\${${name}}` : `\${${name}:-}`
    return `\${${name}:-${/^secret:[0-9a-f]{32}$/.test(fallback) ? fallback : `secret:${keep(fallback)}`}}`
  }
  const scheme = isFirst ? (SCHEME.exec(part.literal)?.[0] ?? '') : ''
  const secret = part.literal.slice(scheme.length)
  // Between two references.
  if (secret.trim() === '') return part.literal
  return `${scheme}\${secret:${keep(secret)}}`
}

/** Ids of the stored secrets that a value refers to. */
export function secretsIn(text: string): readonly string[] {
  const parts = partsOf(text) ?? []
  return parts.flatMap((part) => {
    if ('secret' in part) return [part.secret]
    const [, id] = 'name' in part ? (/^secret:([0-9a-f]{32})$/.exec(part.fallback ?? '') ?? []) : []
    return id === undefined ? [] : [id]
  })
}
