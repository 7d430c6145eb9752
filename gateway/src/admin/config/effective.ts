import { isObject } from '../../lib/json.ts'
import { isMasked } from './config-edits.ts'

/**
 * What holds, with the defaults filled in, and no secret in it: a text that was written is shown as it was written, since
 * what stands for it (`${VAR}`) may be one. Numbers and switches are shown as they hold: durations in milliseconds,
 * sizes in bytes.
 */
export function effectiveOf(holds: unknown, written: unknown): unknown {
  if (isMasked(written)) return written
  if (typeof holds === 'string') return typeof written === 'string' ? written : written === undefined ? holds : undefined
  if (Array.isArray(holds)) {
    if (!Array.isArray(written)) return written === undefined ? holds : written
    return holds.length === written.length ? holds.map((item, index) => effectiveOf(item, written[index])) : written
  }
  if (!isObject(holds)) return holds
  const before = isObject(written) ? written : {}
  return Object.fromEntries(
    Object.entries(holds).map(([key, value]) => [key, effectiveOf(value, Object.hasOwn(before, key) ? before[key] : undefined)]),
  )
}
