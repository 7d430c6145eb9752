import type { Configuration, CustomFetch } from 'openid-client'
import type { OidcProvider } from '../../config/snapshot.ts'
import type { JsonObject } from '../../lib/json.ts'
import { AccountProblem } from './account-problem.ts'
import { claimAt } from './oidc-roles.ts'
import type { OidcState } from './oidc-state.ts'

/** How long what a provider says of itself is believed. */
const DISCOVERY_TTL_MS = 60 * 60_000
const TIMEOUT_S = 10
/** How long ago somebody may have signed in there to count as just proven. */
const FRESH_S = 120

export interface OidcClientOptions {
  /** Default: Node's own. */
  readonly fetch?: CustomFetch | undefined
  /** Milliseconds of any clock. */
  readonly now: () => number
}

export interface OidcClient {
  /** Throws upstream_error where the provider cannot be asked. */
  authorizationUrl(provider: OidcProvider, state: Omit<OidcState, 'provider' | 'returnTo' | 'expiresAt'>): Promise<URL>
  /** Who came back. Throws sign_in_failed where that can't be believed, upstream_error. */
  claims(provider: OidcProvider, state: OidcState, query: string): Promise<JsonObject & { readonly iss: string; readonly sub: string }>
}

/** Code flow with PKCE, state and nonce, by openid-client, which is loaded when the first one comes. */
export function createOidcClient({ fetch, now }: OidcClientOptions): OidcClient {
  const discovered = new Map<string, { readonly of: OidcProvider; readonly at: number; readonly configuration: Promise<Configuration> }>()

  async function discover(provider: OidcProvider): Promise<Configuration> {
    const known = discovered.get(provider.id)
    if (known !== undefined && isSame(known.of, provider) && now() - known.at < DISCOVERY_TTL_MS) return known.configuration
    const entry = { of: provider, at: now(), configuration: ask(provider) }
    discovered.set(provider.id, entry)
    try {
      return await entry.configuration
    } catch (error) {
      if (discovered.get(provider.id) === entry) discovered.delete(provider.id)
      throw error
    }
  }

  async function ask({ issuer, clientId, clientSecret, allowInsecure }: OidcProvider): Promise<Configuration> {
    const { discovery, ClientSecretPost, None, allowInsecureRequests, customFetch } = await import('openid-client')
    return discovery(new URL(issuer), clientId, undefined, clientSecret === undefined ? None() : ClientSecretPost(clientSecret), {
      timeout: TIMEOUT_S,
      ...(allowInsecure ? { execute: [allowInsecureRequests] } : {}),
      ...(fetch === undefined ? {} : { [customFetch]: fetch }),
    })
  }

  return {
    async authorizationUrl(provider, { state, nonce, verifier, redirectUrl, fresh }) {
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import('openid-client')
      const configuration = await discover(provider).catch(unreachable)
      return buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUrl,
        scope: provider.scopes.join(' '),
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...(fresh ? { prompt: 'login', max_age: String(FRESH_S) } : {}),
      })
    },
    async claims(provider, { state, nonce, verifier, redirectUrl, fresh }, query) {
      const { authorizationCodeGrant, fetchUserInfo } = await import('openid-client')
      const configuration = await discover(provider).catch(unreachable)
      const url = new URL(redirectUrl)
      url.search = query
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(fresh ? { maxAge: FRESH_S } : {}),
      }).catch(refused)
      const claims = tokens.claims()
      if (claims === undefined) throw new AccountProblem('sign_in_failed', 'The identity provider did not say who it is')
      const { userinfo_endpoint: endpoint } = configuration.serverMetadata()
      if (claimAt(claims, provider.roles.claim) !== undefined || endpoint === undefined) return claims
      const more = await fetchUserInfo(configuration, tokens.access_token, claims.sub).catch(refused)
      return { ...more, ...claims }
    },
  }
}

function isSame(a: OidcProvider, b: OidcProvider): boolean {
  return a.issuer === b.issuer && a.clientId === b.clientId && a.clientSecret === b.clientSecret && a.allowInsecure === b.allowInsecure
}

function unreachable(error: unknown): never {
  throw new AccountProblem('upstream_error', 'The identity provider cannot be asked at the moment', { cause: error })
}

/** Whether nobody answered, or the answer was no. Texts of the provider are not passed on. */
function refused(error: unknown): never {
  const isOutage =
    error instanceof TypeError || (error instanceof Error && /^(?:AbortError|TimeoutError)$/.test(error.name)) || isTimeout(error)
  if (isOutage) unreachable(error)
  throw new AccountProblem('sign_in_failed', 'The identity provider’s answer was not accepted', { cause: error })
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'OAUTH_TIMEOUT'
}
