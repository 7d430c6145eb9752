import { ENDINGS } from '../reply.ts'
import { FaultSyntaxError, SELECTING, type FaultParameters } from './fault-kind.ts'
import { FAULTS, FAULT_NAMES, isFaultName, type FaultName } from './table.ts'

export type Fault = FaultParameters & { readonly name: FaultName }

const NUMBERS = ['at', 'after', 'status', 'bytes', 'count', 'times', 'rate', 'seed'] as const
const TEXTS = ['retryAfter', 'body', 'shape', 'location', 'type'] as const

/**
 * `reset-mid-stream`, `status:status=503;retryAfter=30`. Values may be percent-encoded. Throws FaultSyntaxError: a
 * fault that nobody knows must not pass for a healthy answer.
 */
export function parseFault(text: string): Fault {
  const colon = text.indexOf(':')
  const name = (colon < 0 ? text : text.slice(0, colon)).trim()
  if (!isFaultName(name)) throw new FaultSyntaxError(`Unknown fault '${name}'; known are ${FAULT_NAMES.join(', ')}`)
  const parameters: Record<string, string | number> = {}
  for (const pair of colon < 0 ? [] : text.slice(colon + 1).split(';')) {
    if (pair.trim() === '') continue
    const equals = pair.indexOf('=')
    const key = pair.slice(0, equals < 0 ? pair.length : equals).trim()
    const known: readonly string[] = [...FAULTS[name].reads, ...SELECTING]
    if (!known.includes(key)) throw new FaultSyntaxError(`The fault '${name}' does not read '${key}'; it reads ${known.join(', ')}`)
    parameters[key] = parseValue(key, decode(pair.slice(equals + 1).trim()))
  }
  return { name, ...parameters }
}

function parseValue(key: string, text: string): string | number {
  if (TEXTS.some((name) => name === key)) return text
  if (key === 'end') {
    const ending = ENDINGS.find((candidate) => candidate === text)
    if (ending === undefined) throw new FaultSyntaxError(`'end' is one of ${ENDINGS.join(', ')}, got '${text}'`)
    return ending
  }
  const number = text === '' ? Number.NaN : Number(text)
  if (!NUMBERS.some((name) => name === key) || !Number.isFinite(number) || number < 0) {
    throw new FaultSyntaxError(`'${key}' is a number from 0 up, got '${text}'`)
  }
  return number
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
