import { isObject, parseJson } from '../../lib/json.ts'
import type { SecretBox } from '../../store/secrets/port.ts'

/** What a browser carries, sealed, while its user is at the identity provider. */
export interface OidcState {
  readonly provider: string
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
  readonly redirectUrl: string
  /** Path below `/admin/`. */
  readonly returnTo: string
  /** The provider was told to ask again who it is. */
  readonly fresh: boolean
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

const PURPOSE = 'oidc-state'

/** For a cookie. */
export function sealState(box: SecretBox, state: OidcState): string {
  return Buffer.from(box.seal(JSON.stringify(state), PURPOSE)).toString('base64url')
}

/** Undefined for what we have not sealed, and for what is too old. */
export function openState(box: SecretBox, sealed: string, now: number): OidcState | undefined {
  try {
    const state = parseJson(box.open(Buffer.from(sealed, 'base64url').toString(), PURPOSE))
    // Only we could seal it.
    return isObject(state) && Number(state['expiresAt']) > now ? (state as unknown as OidcState) : undefined
  } catch {
    return undefined
  }
}
