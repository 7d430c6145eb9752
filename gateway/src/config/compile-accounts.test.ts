import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { compileAccounts, compileAdmin } from './compile-accounts.ts'
import type { CompileProblem } from './compile-problem.ts'

function compiled(input: ConfigInput) {
  const config = configSchema.parse(input)
  const problems: CompileProblem[] = []
  const report = (path: CompileProblem['path'], message: string) => void problems.push({ path, message })
  return { accounts: compileAccounts(config, report), admin: compileAdmin(config, report), problems }
}

const provider = { id: 'company', issuer: 'https://login.example.com', clientId: 'gateway' }

describe('accounts', () => {
  it('take what the config says', () => {
    const { accounts, admin, problems } = compiled({
      auth: {
        sessions: { access: '5m', refresh: '1h', absolute: '10h' },
        tokens: { algorithm: 'ES256', privateKeyFile: 'key.pem' },
        oidc: [{ ...provider, clientSecret: 's', roles: { map: { ops: 'operator' } } }],
      },
      admin: { port: 8081, hosts: ['*.example.com'], publicUrl: 'https://ai.example.com/' },
    })
    expect(problems).toEqual([])
    expect(accounts.sessions).toEqual({ accessMs: 300_000, refreshMs: 3_600_000, absoluteMs: 36_000_000 })
    expect(accounts.tokens).toEqual({ algorithm: 'ES256', privateKeyFile: 'key.pem' })
    expect(accounts.oidc.get('company')).toMatchObject({
      name: 'company',
      scopes: ['openid', 'profile', 'email'],
      roles: { claim: 'groups', map: { ops: 'operator' }, default: 'none' },
    })
    expect(admin).toEqual({
      enabled: true,
      port: 8081,
      hosts: ['*.example.com'],
      publicUrl: 'https://ai.example.com',
      bodyLimit: 4 * 1024 ** 2,
    })
  })

  it.each<[string, ConfigInput, string]>([
    ['auth.sessions.access', { auth: { sessions: { access: '30s' } } }, '1m to 24h'],
    ['auth.sessions.refresh', { auth: { sessions: { access: '2h', refresh: '1h' } } }, 'shorter than'],
    ['auth.sessions.absolute', { auth: { sessions: { absolute: '1h' } } }, 'shorter than'],
    ['auth.sessions.absolute', { auth: { sessions: { absolute: '9000h' } } }, 'a year'],
    ['auth.tokens.algorithm', { auth: { tokens: { algorithm: 'RS256' } } }, 'needs a PEM file'],
    ['auth.tokens.privateKeyFile', { auth: { tokens: { privateKeyFile: 'x' } } }, 'of no use for HS256'],
    ['auth.oidc.1.id', { auth: { oidc: [provider, provider] } }, 'already the id'],
    ['auth.oidc.0.scopes', { auth: { oidc: [{ ...provider, scopes: ['profile'] }] } }, 'lacks openid'],
    ['auth.oidc.0.issuer', { auth: { oidc: [{ ...provider, issuer: 'http://127.0.0.1:1' }] } }, 'is http'],
    ['auth.oidc.0.issuer', { auth: { oidc: [{ ...provider, issuer: 'http://login.test', allowInsecure: true }] } }, 'is http'],
    ['auth.oidc.0.issuer', { auth: { oidc: [{ ...provider, issuer: 'https://169.254.169.254' }] } }, 'metadata'],
    ['admin.port', { admin: { port: 8080 } }, 'server.port already'],
  ])('report at %s', (path, input, message) => {
    expect(compiled(input).problems.map((problem) => ({ path: problem.path.join('.'), message: problem.message }))).toEqual([
      { path, message: expect.stringContaining(message) },
    ])
  })

  it.each([['http://[::1]:9000'], ['http://localhost:9000/realm']])('take %s for a provider when told so', (issuer) => {
    expect(compiled({ auth: { oidc: [{ ...provider, issuer, allowInsecure: true }] } }).problems).toEqual([])
  })

  it.each([['Example.com'], ['host:8080'], ['https://host'], ['*'], ['-x']])('refuse %s as a host name', (host) => {
    expect(configSchema.safeParse({ admin: { hosts: [host] } }).success).toBe(false)
  })
})
