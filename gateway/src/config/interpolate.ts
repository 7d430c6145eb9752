import type { Interpolated } from './tree.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where references are looked up. */
export interface References {
  readonly env: Environment
  /** A stored secret by its id; undefined where it is not known. Without it none is. */
  readonly secretOf?: ((id: string) => string | undefined) | undefined
}

export type Interpolation = { readonly value: string; readonly interpolated?: Interpolated } | { readonly problem: string }

/** `$$`, or `${` up to the next `}`, which may be missing. */
const MARK = /\$\$|\$\{([^}]*)(\}?)/g
const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
/** As `secretId` makes ids (`versions/secrets.ts`); also as the default of a variable. */
const SECRET = /^secret:([0-9a-f]{32})$/
/** What opens the gateway itself is nothing that a config may send anywhere. */
const WITHHELD: ReadonlySet<string> = new Set([
  'JAIROUTER_SECRET_KEY',
  'JAIROUTER_SECRET_KEY_PREVIOUS',
  'JAIROUTER_ADMIN_PASSWORD',
  'JAIROUTER_TOKEN',
])

/**
 * `${VAR}` -> the variable; `${VAR:-default}` -> the default where the variable is unset or empty; `$$` -> `$`. A `$` before
 * anything else stays. What is put in is not looked through again. `${secret:ID}` -> a secret that the gateway has stored.
 */
export function interpolate(text: string, references: References): Interpolation {
  if (!text.includes('$')) return { value: text }
  const values: string[] = []
  let problem: string | undefined
  const value = text.replaceAll(MARK, (mark, reference: string | undefined, end: string | undefined) => {
    if (reference === undefined) return '$'
    const found = end === '' ? { problem: 'a ${ without its }; write $$ for a plain $' } : lookUp(reference, references)
    if ('problem' in found) {
      problem ??= found.problem
      return mark
    }
    if (found.secret) values.push(found.value)
    return found.value
  })
  if (problem !== undefined) return { problem }
  if (!text.includes('${')) return { value }
  return { value, interpolated: { source: text, whole: /^\$\{[^}]*\}$/.test(text), values } }
}

/** A piece of a text: what stands there itself (`$$` is one `$`), or a reference. */
export type TextPart = { readonly literal: string } | { readonly name: string; readonly fallback?: string } | { readonly secret: string }

/** The pieces of a text; undefined where it holds a `${` that is no reference. */
export function partsOf(text: string): readonly TextPart[] | undefined {
  const parts: TextPart[] = []
  let literal = ''
  let end = 0
  for (const match of text.matchAll(MARK)) {
    const [mark, reference, close] = match
    literal += text.slice(end, match.index)
    end = match.index + mark.length
    if (reference === undefined) {
      literal += '$'
      continue
    }
    const part = close === '' ? undefined : referenceOf(reference)
    if (part === undefined) return undefined
    if (literal !== '') parts.push({ literal })
    literal = ''
    parts.push(part)
  }
  literal += text.slice(end)
  return literal === '' ? parts : [...parts, { literal }]
}

function referenceOf(reference: string): TextPart | undefined {
  const [, secret] = SECRET.exec(reference) ?? []
  if (secret !== undefined) return { secret }
  const [, name, fallback] = REFERENCE.exec(reference) ?? []
  return name === undefined ? undefined : { name, ...(fallback === undefined ? {} : { fallback }) }
}

/** Ids of the stored secrets that a text refers to, the whole of a config file as well. */
export function secretIdsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/\bsecret:([0-9a-f]{32})\}/g)].map(([, id = '']) => id))
}

function lookUp(reference: string, { env, secretOf }: References): Found {
  const [, id] = SECRET.exec(reference) ?? []
  if (id !== undefined) return findSecret(id, secretOf)
  const [, name, fallback] = REFERENCE.exec(reference) ?? []
  if (name === undefined) return { problem: 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $' }
  if (fallback?.includes('${') === true) return { problem: `the default of \${${name}} holds another \${...}, which is not supported` }
  // An own property only: `constructor` is no variable.
  const value = Object.hasOwn(env, name) && !WITHHELD.has(name) ? env[name] : undefined
  if (fallback !== undefined && (value === undefined || value === '')) {
    const [, stored] = SECRET.exec(fallback) ?? []
    return stored === undefined ? { value: fallback, secret: false } : findSecret(stored, secretOf)
  }
  if (value !== undefined) return { value, secret: value !== '' }
  return {
    problem: WITHHELD.has(name) ? `environment variable ${name} is kept from the config` : `environment variable ${name} is not set`,
  }
}

type Found = { value: string; secret: boolean } | { problem: string }

function findSecret(id: string, secretOf: References['secretOf']): Found {
  const value = secretOf?.(id)
  if (value !== undefined) return { value, secret: value !== '' }
  return { problem: `stored secret ${id} is not known here; give the secret itself, or an environment variable` }
}
