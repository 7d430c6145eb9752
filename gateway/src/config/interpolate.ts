import type { Interpolated } from './tree.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Interpolation = { readonly value: string; readonly interpolated?: Interpolated } | { readonly problem: string }

/** `$$`, or `${` up to the next `}`, which may be missing. */
const MARK = /\$\$|\$\{([^}]*)(\}?)/g
const REFERENCE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/**
 * `${VAR}` → the variable; `${VAR:-default}` → the default where the variable is unset or empty; `$$` → `$`. A `$` before
 * anything else stays. What is put in is not looked through again.
 */
export function interpolate(text: string, env: Environment): Interpolation {
  if (!text.includes('$')) return { value: text }
  const values: string[] = []
  let problem: string | undefined
  const value = text.replaceAll(MARK, (mark, reference: string | undefined, end: string | undefined) => {
    if (reference === undefined) return '$'
    const found = end === '' ? { problem: 'a ${ without its }; write $$ for a plain $' } : lookUp(reference, env)
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

function lookUp(reference: string, env: Environment): { value: string; secret: boolean } | { problem: string } {
  const [, name, fallback] = REFERENCE.exec(reference) ?? []
  if (name === undefined) return { problem: 'expected ${NAME} or ${NAME:-default}; write $$ for a plain $' }
  if (fallback?.includes('${') === true) return { problem: `the default of \${${name}} holds another \${...}, which is not supported` }
  // An own property only: `constructor` is no variable.
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (fallback !== undefined && (value === undefined || value === '')) return { value: fallback, secret: false }
  if (value === undefined) return { problem: `environment variable ${name} is not set` }
  return { value, secret: value !== '' }
}
