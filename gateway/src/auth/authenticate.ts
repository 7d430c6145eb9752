import { hash } from 'node:crypto'
import type { AuthSettings, KeyRecord } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'

/** Longer credentials are nobody's. */
const MAXIMUM_KEY_LENGTH = 1_024

export type CredentialHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * Headers -> the key's record, or undefined where access is open. Throws one and the same 401 for no key, an unknown,
 * an expired and a disabled one. Keys are looked up by digest: how long that takes says nothing of a key's letters.
 */
export function authenticate(headers: CredentialHeaders, auth: AuthSettings, wallClock: number): KeyRecord | undefined {
  if (auth.mode === 'open') return undefined
  const credential = credentialOf(headers)
  const key = credential === undefined ? undefined : auth.keys.get(hash('sha256', credential, 'hex'))
  return accepted(key, wallClock)
}

/** A key that may come in. Throws the one 401 for none, an expired and a disabled one. */
export function accepted(key: KeyRecord | undefined, wallClock: number): KeyRecord {
  if (key === undefined || !key.enabled || (key.expiresAt !== undefined && key.expiresAt <= wallClock)) {
    throw new GatewayError('invalid_api_key', 'The API key is missing or not valid')
  }
  return key
}

/** `Authorization: Bearer`, else `x-api-key`, else `api-key`, else `Jairouter_Token`, which is for the tokens of people; undefined for what can be nobody's. */
export function credentialOf(headers: CredentialHeaders): string | undefined {
  const { authorization } = headers
  if (typeof authorization === 'string') {
    const token = /^bearer +(\S+)$/i.exec(authorization.length > MAXIMUM_KEY_LENGTH + 16 ? '' : authorization)?.[1]
    if (token !== undefined) return token
  }
  const other = headers['x-api-key'] ?? headers['api-key'] ?? headers['jairouter_token']
  return typeof other === 'string' && other.length <= MAXIMUM_KEY_LENGTH ? other : undefined
}
