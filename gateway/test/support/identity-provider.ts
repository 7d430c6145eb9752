import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { onTestFinished } from 'vitest'

export const CLIENT = { id: 'gateway', secret: 'a-client-secret-of-some-length' } as const

export interface IdentityProvider {
  readonly issuer: string
  /** Who signs in there next, with these claims. */
  signedInAs(subject: string, claims: Readonly<Record<string, unknown>>): void
  /** What a browser does that is led there: signs in, and is led back; resolves with where to. */
  visit(url: string): Promise<URL>
  /** Requests for its discovery document. */
  readonly discovered: () => number
  close(): Promise<void>
  /** On the same port. */
  reopen(): Promise<void>
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })

/** A real provider of OpenID Connect on loopback, whose sign-in page believes everybody. */
export async function startIdentityProvider(redirectUrl: string): Promise<IdentityProvider> {
  let subject = 'nobody'
  let claims: Readonly<Record<string, unknown>> = {}
  let discovered = 0
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUrl],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'key-1', alg: 'RS256' }] },
    cookies: { keys: ['a key for cookies'] },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups', 'realm_access'],
    },
    scopes: ['openid', 'profile', 'email', 'groups'],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...claims, sub: id }) }),
    async loadExistingGrant({ oidc }) {
      const { client, session } = oidc
      if (client === undefined || session?.accountId === undefined) return undefined
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid profile email groups')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    const { url = '' } = request
    if (url.startsWith('/.well-known/openid-configuration')) discovered += 1
    if (url.startsWith('/interaction/')) void provider.interactionFinished(request, response, { login: { accountId: subject } })
    else void answer(request, response)
  })
  const close = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  onTestFinished(close)

  return {
    issuer,
    signedInAs(next, more) {
      subject = next
      claims = more
    },
    visit: (url) => visit(url, issuer),
    discovered: () => discovered,
    close,
    reopen: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
  }
}

/** Follows redirects with cookies, as long as they stay with the provider. */
async function visit(first: string, issuer: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(first)
  for (let step = 0; step < 10; step += 1) {
    if (url.origin !== issuer) return url
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    const text = await response.text()
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`expected to be led on, got ${response.status} ${text}`)
    url = new URL(location, url)
  }
  throw new Error('led around in a circle')
}
