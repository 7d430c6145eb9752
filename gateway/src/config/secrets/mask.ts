import { isObject } from '../../lib/json.ts'
import type { Plain, PlainMap } from '../edit/plain.ts'
import { interpolate, partsOf, type References, type TextPart } from '../interpolate.ts'
import { mapSecrets } from './secret-places.ts'

/** What is shown in place of a secret. */
export interface MaskedSecret {
  readonly set: true
  /** Its last four characters, where it is long enough not to be told by them. */
  readonly last4?: string
  /** `env:NAME` · `stored`: in the gateway's store · `file`: in the config itself, as a digest or with parts that are none of it. */
  readonly from: string
  /** Whether there is a value at all: the variable is set, the store knows it. */
  readonly resolved: boolean
}

const LAST = 4
/** Of a shorter one, four characters would be too much. */
const LONG_ENOUGH = 12

export function lastFour(secret: string): string | undefined {
  return secret.length >= LONG_ENOUGH ? secret.slice(-LAST) : undefined
}

/** A config as written, with no secret in it. */
export function maskSecrets(written: PlainMap, references: References): PlainMap {
  return mapSecrets(written, (value) => maskSecret(value, references))
}

export function maskSecret(value: Plain, references: References): Plain {
  if (value === null || value === undefined || value === '') return value
  const text = typeof value === 'string' ? value : ''
  const parts = partsOf(text) ?? []
  const found = interpolate(text, references)
  const resolved = 'value' in found && found.value !== ''
  const last4 = resolved && parts.some((part) => !('literal' in part)) ? lastFour(found.value) : undefined
  const masked: MaskedSecret = { set: true, ...(last4 === undefined ? {} : { last4 }), from: originOf(parts, references), resolved }
  return masked
}

function originOf(parts: readonly TextPart[], { env }: References): string {
  const reference = parts.find((part) => !('literal' in part))
  if (reference === undefined || 'literal' in reference) return 'file'
  if ('secret' in reference) return 'stored'
  const isSet = Object.hasOwn(env, reference.name) && env[reference.name] !== ''
  return isSet || (reference.fallback ?? '') === '' ? `env:${reference.name}` : 'stored'
}

/** What a client that was shown a masked secret sends back when it means to keep it. */
export function isMasked(value: Plain): boolean {
  return isObject(value) && value['set'] === true
}
