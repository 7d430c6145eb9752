import { describe, expect, it } from 'vitest'
import type { Actor } from '../auth/actor.ts'
import type { ConfigChange } from '../versions/config-desk.ts'
import { requireSecretsPermission, requireSecurityPermission } from './config-security.ts'

const actorOf = (role: 'admin' | 'operator'): Actor => ({ kind: 'user', id: 'u', name: role, role, sessionId: 's' })
const refuses = (change: ConfigChange) => {
  expect(() => requireSecurityPermission(actorOf('admin'), [change])).not.toThrow()
  expect(() => requireSecurityPermission({ kind: 'cli' }, [change])).not.toThrow()
  try {
    requireSecurityPermission(actorOf('operator'), [change])
    return false
  } catch {
    return true
  }
}

describe('what only an admin may change', () => {
  it.each<ConfigChange>([
    { op: 'changed', path: '' },
    { op: 'changed', path: 'auth.mode' },
    { op: 'added', path: 'admin' },
    { op: 'changed', path: 'audit.keep' },
    { op: 'added', path: 'network' },
    { op: 'removed', path: 'store.url' },
    { op: 'changed', path: 'config.managed' },
    { op: 'added', path: 'server.trustedProxies' },
    { op: 'changed', path: 'server.trustedProxies[0]' },
    { op: 'removed', path: 'server', before: { port: 1, trustedProxies: ['10.0.0.0/8'] } },
    { op: 'added', path: 'server.pictures', after: { allowPrivate: true } },
    { op: 'changed', path: 'server.pictures.allowPrivate' },
    { op: 'changed', path: 'history.content.readers' },
    { op: 'added', path: 'history', after: { content: { readers: ['operator'] } } },
  ])('$op $path', (change) => {
    expect(refuses(change)).toBe(true)
  })

  it.each<ConfigChange>([
    { op: 'changed', path: 'authority' },
    { op: 'changed', path: 'models[auth]' },
    { op: 'changed', path: 'server.port' },
    { op: 'changed', path: 'history.keep' },
    { op: 'removed', path: 'server', before: { port: 1 } },
    { op: 'added', path: 'server.pictures', after: { fetch: false } },
    { op: 'added', path: 'backends[trustedProxies]', after: { trustedProxies: [] } },
  ])('not $op $path', (change) => {
    expect(refuses(change)).toBe(false)
  })

  it('and where secrets go', () => {
    expect(() => requireSecretsPermission(actorOf('operator'), [])).not.toThrow()
    expect(() => requireSecretsPermission(actorOf('admin'), ['backends[a].apiKey'])).not.toThrow()
    expect(() => requireSecretsPermission({ kind: 'file' }, ['backends[a].apiKey'])).not.toThrow()
    expect(() => requireSecretsPermission(actorOf('operator'), ['backends[a].apiKey'])).toThrow(/backends\[a\]\.apiKey/)
  })
})
