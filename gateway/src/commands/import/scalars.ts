import type { JavaNode } from './java-tree.ts'

/** Spring's `${NAME:default}` -> `${NAME:-default}`, its dotted names as the environment has them. */
export function textOf(node: JavaNode | undefined): string | undefined {
  const scalar = node?.scalar
  if (scalar === undefined || scalar === null) return undefined
  return String(scalar).replaceAll(/\$\{([^}:]+)(?::([^}]*))?\}/g, (_mark, name: string, fallback: string | undefined) => {
    const variable = name.trim().replaceAll(/[.-]/g, '_').toUpperCase()
    return fallback === undefined ? `\${${variable}}` : `\${${variable}:-${fallback}}`
  })
}

export function numberOf(node: JavaNode | undefined): number | undefined {
  const value = Number(node?.scalar ?? Number.NaN)
  return Number.isFinite(value) ? value : undefined
}

/** `true` and `"true"`. */
export function flagOf(node: JavaNode | undefined): boolean | undefined {
  const text = String(node?.scalar ?? '').toLowerCase()
  return text === 'true' ? true : text === 'false' ? false : undefined
}
