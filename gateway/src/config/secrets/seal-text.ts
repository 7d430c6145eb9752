import { isSame, type Plain } from '../edit/plain.ts'
import { rewriteYaml } from '../edit/rewrite.ts'
import { readWritten } from '../edit/written.ts'
import { partsOf, type Environment } from '../interpolate.ts'
import { hideInComments } from './hide-in-comments.ts'
import { mapSecrets } from './secret-places.ts'
import { withoutSecret, type KeepSecret } from './secret-text.ts'

export interface SealPorts {
  readonly keep: KeepSecret
  readonly env: Environment
  /** Secrets that are stored already. */
  readonly stored: ReadonlyMap<string, string>
}

/**
 * A config text without secrets, otherwise as it is; undefined where nobody can say where they stand: it is no YAML, or
 * something else than a text is where a secret belongs, so that the config can't be valid.
 */
export function sealText(text: string, { keep, env, stored }: SealPorts): string | undefined {
  const written = readWritten(text)
  if ('problems' in written) return undefined
  let isClear = true
  const known = new Set(stored.values())
  const keepKnown: KeepSecret = (secret) => {
    known.add(secret)
    return keep(secret)
  }
  const sealed = mapSecrets(written.value, (value, { as }) => {
    if (typeof value === 'object' && value !== null) isClear = false
    for (const secret of fromEnvironment(value, env)) known.add(secret)
    return sealValue(value, as, keepKnown)
  })
  if (!isClear) return undefined
  const clear = isSame(sealed, written.value) ? text : rewriteYaml(text, sealed)
  return clear === undefined ? undefined : hideInComments(clear, known)
}

function fromEnvironment(value: Plain, env: Environment): readonly string[] {
  const parts = typeof value === 'string' ? (partsOf(value) ?? []) : []
  return parts.flatMap((part) => ('name' in part ? [env[part.name] ?? ''] : []))
}

function sealValue(value: Plain, as: 'stored' | 'digest', keep: KeepSecret): Plain {
  if (typeof value === 'number' || typeof value === 'boolean') return withoutSecret(String(value), as, keep)
  return typeof value === 'string' ? withoutSecret(value, as, keep) : value
}
