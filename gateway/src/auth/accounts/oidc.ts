import type { AccountSettings, OidcProvider } from '../../config/snapshot.ts'
import { stringOf, type JsonObject } from '../../lib/json.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import type { SecretBox } from '../../store/secrets/port.ts'
import { auditWrite } from '../audit/audit-entry.ts'
import { AccountProblem } from './account-problem.ts'
import type { AccountStore } from './account-store.ts'
import type { OidcClient } from './oidc-client.ts'
import { roleOf } from './oidc-roles.ts'
import { openState, sealState, type OidcState } from './oidc-state.ts'
import { randomId, randomToken, type RandomBytes } from './random.ts'
import { returnPath } from './return-path.ts'
import type { Caller, Continued, Sessions } from './sessions.ts'
import { oidcClaim } from './user-claim.ts'
import type { StoredUser } from './user-record.ts'
import type { Users } from './users.ts'

export interface OidcOptions {
  readonly accounts: AccountStore
  readonly users: Users
  readonly sessions: Sessions
  readonly box: SecretBox
  readonly client: OidcClient
  readonly providers: () => AccountSettings['oidc']
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: RandomBytes
}

/** How long somebody may take at the identity provider. */
export const OIDC_STATE_MS = 10 * 60_000

const MAXIMUM_USED = 10_000

export interface OidcStart {
  readonly url: URL
  /** For a cookie, which must come back with the callback. */
  readonly sealed: string
}

/** Sign-in by an identity provider. Who somebody is goes by issuer and subject alone: an e-mail address may be anybody's there. */
export class Oidc {
  readonly #options: OidcOptions
  /** States that came back once. */
  readonly #used = new RecentMap<true>(MAXIMUM_USED)

  constructor(options: OidcOptions) {
    this.#options = options
  }

  provider(id: string): OidcProvider {
    const provider = this.#options.providers().get(id)
    if (provider === undefined) throw new AccountProblem('not_found', 'There is no such identity provider')
    return provider
  }

  /** `fresh`: whoever it is must say so again there. Throws not_found, invalid_query, upstream_error. */
  async start(
    id: string,
    request: { readonly redirectUrl: string; readonly returnTo: string; readonly fresh: boolean },
  ): Promise<OidcStart> {
    const { box, client, now, random } = this.#options
    const provider = this.provider(id)
    const returnTo = returnPath(request.returnTo)
    if (returnTo === undefined) {
      const message = 'expected a path below /admin'
      throw new AccountProblem('invalid_query', message, { details: [{ pointer: '/returnTo', code: 'invalid', message }] })
    }
    const secrets = { state: randomToken(random), nonce: randomToken(random), verifier: randomToken(random) }
    const { redirectUrl, fresh } = request
    const url = await client.authorizationUrl(provider, { ...secrets, redirectUrl, fresh })
    const sealed = sealState(box, { ...secrets, provider: id, redirectUrl, returnTo, fresh, expiresAt: now() + OIDC_STATE_MS })
    return { url, sealed }
  }

  /**
   * `query`: that of the callback. Throws sign_in_failed where it is not the answer to what this browser asked,
   * permission_denied where no role is mapped, in_use where it would take the last admin's role, upstream_error.
   */
  async finish(
    id: string,
    { query, sealed, caller }: { readonly query: string; readonly sealed: string | undefined; readonly caller: Caller },
  ): Promise<Continued & { readonly returnTo: string }> {
    const { box, client, sessions, now } = this.#options
    const provider = this.provider(id)
    const state = sealed === undefined ? undefined : openState(box, sealed, now())
    if (state?.provider !== id || this.#used.get(state.state) === true || !answers(query, state)) {
      throw new AccountProblem('sign_in_failed', 'This is not the answer to a sign-in that this browser began; begin again')
    }
    this.#used.set(state.state, true)
    const claims = await client.claims(provider, state, query)
    const user = await this.#userOf(provider, claims, caller)
    const continued = await sessions.start(user, caller, { provider: id, proven: state.fresh })
    return { ...continued, returnTo: state.returnTo }
  }

  async #userOf(
    provider: OidcProvider,
    claims: JsonObject & { readonly iss: string; readonly sub: string },
    caller: Caller,
  ): Promise<StoredUser> {
    const { users } = this.#options
    const role = roleOf(claims, provider.roles)
    const known = await users.byClaim(oidcClaim(claims.iss, claims.sub))
    if (role === undefined || known?.body.enabled === false) return this.#refuse(provider, known, caller)
    const origin = { actor: { kind: 'system' }, ...caller } as const
    const shown = shownOf(claims)
    if (known === undefined) {
      const oidc = { provider: provider.id, issuer: claims.iss, subject: claims.sub }
      return this.#create({ ...shown, role, oidc, names: namesOf(claims, provider) }, caller)
    }
    const { body } = known
    const patch = { role, displayName: shown.displayName ?? body.displayName, email: shown.email ?? body.email }
    if (patch.role === body.role && patch.displayName === body.displayName && patch.email === body.email) return known
    return users.update(known.id, patch, { origin, action: 'user.claims' })
  }

  /** Under the first of the names that is free. */
  async #create(
    { names, ...user }: { readonly names: readonly string[] } & Omit<Parameters<Users['create']>[0], 'name'>,
    caller: Caller,
  ): Promise<StoredUser> {
    const { users, random } = this.#options
    const origin = { actor: { kind: 'system' }, ...caller } as const
    for (const name of names) {
      if ((await users.byName(name)) !== undefined) continue
      try {
        return await users.create({ displayName: name, ...user, name }, { origin })
      } catch (error) {
        // Somebody took it just now; or this very user came by another tab.
        if (!(error instanceof AccountProblem) || error.code !== 'already_exists') throw error
        const same = user.oidc === undefined ? undefined : await users.byClaim(oidcClaim(user.oidc.issuer, user.oidc.subject))
        if (same !== undefined) return same
      }
    }
    const name = `${names[0]?.slice(0, 40) ?? 'user'}-${randomId(random)}`
    return users.create({ displayName: name, ...user, name }, { origin })
  }

  /** Whom the provider gives no role any more has no session either. */
  async #refuse(provider: OidcProvider, known: StoredUser | undefined, caller: Caller): Promise<never> {
    const { accounts, sessions, now } = this.#options
    const origin = { actor: { kind: 'system' }, ...caller } as const
    if (known !== undefined) await sessions.endAll(known.id, origin)
    await accounts.commit([
      auditWrite(origin, {
        action: 'session.login',
        result: 'refused',
        code: 'permission_denied',
        ...(known === undefined ? {} : { target: `users/${known.body.name}` }),
        message: `Nobody gave a role to somebody who came by ${provider.id}`,
        time: now(),
      }),
    ])
    throw new AccountProblem('permission_denied', 'This account may not use the gateway')
  }
}

function answers(query: string, { state }: OidcState): boolean {
  return new URLSearchParams(query).get('state') === state
}

function shownOf(claims: JsonObject): { readonly displayName?: string; readonly email?: string } {
  const displayName = printable(claims['name']).slice(0, 100)
  const email = printable(claims['email'])
  return {
    ...(displayName === '' ? {} : { displayName }),
    ...(/^[^\s@]{1,64}@[^\s@]{1,189}$/.test(email) && claims['email_verified'] !== false ? { email } : {}),
  }
}

/** What somebody may be called here: as there, as far as the characters go. */
function namesOf(claims: JsonObject, { id }: OidcProvider): readonly string[] {
  const wished = [claims['preferred_username'], claims['email'], `${id}-${stringOf(claims['sub'])}`]
  const name = wished.map(nameFrom).find((candidate) => candidate !== '') ?? id
  return [name, ...[2, 3, 4, 5].map((number) => `${name}-${number}`)]
}

function nameFrom(claim: unknown): string {
  return printable(claim)
    .replaceAll(/[^\p{L}\p{N}._@+-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 60)
}

function printable(claim: unknown): string {
  return stringOf(claim).normalize('NFKC').replaceAll(/\p{C}/gu, '').trim()
}
