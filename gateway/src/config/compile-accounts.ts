import type { OidcProviderConfig } from '@jairouter/contract/accounts'
import type { Config } from '@jairouter/contract/config'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { hostKindOf, isLoopbackHost } from './addresses.ts'
import type { Report } from './compile-problem.ts'
import { MAX_CONFIG_BYTES } from './read-file.ts'
import type { AccountSettings, AdminSettings, OidcProvider } from './snapshot.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Of `admin.bodyLimit`. */
const LEAST_BODY = 64 * 1024

export function compileAccounts({ auth }: Config, report: Report): AccountSettings {
  checkSessions(auth.sessions, report)
  checkTokens(auth.tokens, report)
  const oidc = new Map<string, OidcProvider>()
  for (const [index, provider] of auth.oidc.entries()) {
    const path = ['auth', 'oidc', index] as const
    if (oidc.has(provider.id)) report([...path, 'id'], `"${provider.id}" is already the id of another one`)
    checkIssuer(provider, (message) => report([...path, 'issuer'], message))
    if (!provider.scopes.includes('openid')) report([...path, 'scopes'], 'lacks openid, without which nobody says who has signed in')
    oidc.set(provider.id, toProvider(provider))
  }
  const { access, refresh, absolute } = auth.sessions
  const { algorithm, privateKeyFile } = auth.tokens
  return Object.freeze({
    sessions: Object.freeze({ accessMs: access, refreshMs: refresh, absoluteMs: absolute }),
    tokens: Object.freeze({ algorithm, ...(privateKeyFile === undefined ? {} : { privateKeyFile }) }),
    oidc,
  })
}

export function compileAdmin({ admin, server }: Config, report: Report): AdminSettings {
  if (admin.port !== undefined && admin.port !== 0 && admin.port === server.port) {
    report(['admin', 'port'], `${admin.port} is server.port already; leave it out to have both on one port`)
  }
  // With less, nobody could undo it over the API.
  if (admin.bodyLimit < LEAST_BODY || admin.bodyLimit > MAX_CONFIG_BYTES)
    report(['admin', 'bodyLimit'], `expected a size from ${LEAST_BODY / 1024}kb to ${MAX_CONFIG_BYTES / 1024 ** 2}mb`)
  const publicUrl = admin.publicUrl?.replace(/\/+$/, '')
  return deepFreeze({
    enabled: admin.enabled,
    ...(admin.port === undefined ? {} : { port: admin.port }),
    hosts: [...admin.hosts],
    ...(publicUrl === undefined ? {} : { publicUrl }),
    bodyLimit: admin.bodyLimit,
  })
}

/** No timer waits for any of these, so they may be longer than timers can be. */
function checkSessions({ access, refresh, absolute }: Config['auth']['sessions'], report: Report): void {
  if (access < MINUTE_MS || access > DAY_MS) report(['auth', 'sessions', 'access'], 'expected a duration from 1m to 24h')
  if (refresh < access) report(['auth', 'sessions', 'refresh'], 'is shorter than auth.sessions.access')
  if (absolute < refresh) report(['auth', 'sessions', 'absolute'], 'is shorter than auth.sessions.refresh')
  if (absolute > 366 * DAY_MS) report(['auth', 'sessions', 'absolute'], 'expected a year (8784h) at most')
}

function checkTokens({ algorithm, privateKeyFile }: Config['auth']['tokens'], report: Report): void {
  if (algorithm === 'HS256' && privateKeyFile !== undefined) {
    report(
      ['auth', 'tokens', 'privateKeyFile'],
      'is of no use for HS256, whose secret the store keeps; set auth.tokens.algorithm to RS256 or ES256',
    )
  }
  if (algorithm !== 'HS256' && privateKeyFile === undefined) {
    report(['auth', 'tokens', 'algorithm'], `${algorithm} needs a PEM file; name it under auth.tokens.privateKeyFile`)
  }
}

function checkIssuer({ issuer, allowInsecure }: OidcProviderConfig, report: (message: string) => void): void {
  const { protocol, hostname } = new URL(issuer)
  if (hostKindOf(hostname) === 'forbidden') report('is a metadata service or link-local')
  if (protocol === 'https:') return
  const isLoopback = isLoopbackHost(hostname)
  if (!allowInsecure || !isLoopback)
    report('is http: who stands between could let anybody in; http is for loopback only, with allowInsecure: true')
}

function toProvider({ name, clientSecret, redirectUrl, ...provider }: OidcProviderConfig): OidcProvider {
  return deepFreeze({
    ...provider,
    name: name ?? provider.id,
    scopes: [...provider.scopes],
    roles: { ...provider.roles, map: { ...provider.roles.map } },
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
  })
}
