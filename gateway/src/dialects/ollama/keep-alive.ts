import { isAbsent } from '../../lib/json.ts'
import { invalid } from '../canonical/field-checks.ts'

/** Durations as Go writes them: `5m`, `1h30m`, `-1s`; of all numbers only 0 may stand without a unit. */
const DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/

export type KeepAlive = 'untold' | 'unload' | 'keep'

/** What a `keep_alive` asks for; a number is seconds, below 0 for ever. Throws a GatewayError for what is no duration. */
export function keepAliveOf(value: unknown): KeepAlive {
  if (isAbsent(value)) return 'untold'
  if (typeof value === 'number') return value === 0 ? 'unload' : 'keep'
  if (typeof value !== 'string' || !DURATION.test(value)) throw invalid('keep_alive', 'a number of seconds or a duration such as "5m"')
  return /[1-9]/.test(value) ? 'keep' : 'unload'
}
