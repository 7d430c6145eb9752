import { isSame, type Plain } from '../edit/plain.ts'
import { rewriteYaml } from '../edit/rewrite.ts'
import { readWritten } from '../edit/written.ts'
import { mapSecrets } from './secret-places.ts'
import { withoutSecret, type KeepSecret } from './secret-text.ts'

/**
 * A config text without secrets, otherwise as it is; undefined where nobody can say where they stand: it is no YAML, or
 * something else than a text is where a secret belongs, so that the config can't be valid.
 */
export function sealText(text: string, keep: KeepSecret): string | undefined {
  const written = readWritten(text)
  if ('problems' in written) return undefined
  let isClear = true
  const sealed = mapSecrets(written.value, (value, { as }) => {
    if (typeof value === 'object' && value !== null) isClear = false
    return sealValue(value, as, keep)
  })
  if (!isClear) return undefined
  return isSame(sealed, written.value) ? text : rewriteYaml(text, sealed)
}

function sealValue(value: Plain, as: 'stored' | 'digest', keep: KeepSecret): Plain {
  if (typeof value === 'number' || typeof value === 'boolean') return withoutSecret(String(value), as, keep)
  return typeof value === 'string' ? withoutSecret(value, as, keep) : value
}
