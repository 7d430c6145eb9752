import { isAbsent, type JsonObject } from '../../../lib/json.ts'
import { CodecRefusal } from '../codec.ts'

const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof EFFORTS)[number]

/** `reasoning_effort`; undefined where the client leaves it to the model. */
export function readEffort({ reasoning_effort: wanted }: JsonObject): Effort | 'none' | undefined {
  if (isAbsent(wanted)) return undefined
  if (wanted === 'none') return wanted
  const effort = EFFORTS.find((one) => one === wanted)
  if (effort === undefined) throw new CodecRefusal('reasoning_effort', `The effort must be none, ${EFFORTS.slice(0, -1).join(', ')} or max`)
  return effort
}
