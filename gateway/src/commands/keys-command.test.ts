import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIT_LOG } from '../auth/audit/audit-entry.ts'
import { isMistypedKey } from '../auth/keys/key-text.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/port.ts'
import { keysCommand } from './keys-command.ts'

const NOW = Date.UTC(2026, 7, 21, 11)

function cli() {
  const store = new MemoryStore()
  const lines: string[] = []
  const errors: string[] = []
  const run = async (...args: string[]) => {
    const stays: Store = Object.assign(Object.create(store) as MemoryStore, { close: () => Promise.resolve() })
    const code = await keysCommand(args, {
      openStore: () => Promise.resolve(new Proxy(store, { get: (target, name) => (name === 'close' ? stays.close : bound(target, name)) })),
      ofConfig: () => ({ keys: new Map(), contentRules: new Map() }),
      write: (line) => lines.push(line),
      writeError: (line) => errors.push(line),
      now: () => NOW,
    })
    return code
  }
  return { store, lines, errors, run }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

describe('jairouter keys', () => {
  it('makes a key that is shown once and stored as its digest, lists, rotates and revokes it', async () => {
    const { store, lines, run } = cli()
    expect(await run('create', 'ci', '--models', 'gpt-*, smart', '--expires', '24h', '--addresses', '10.0.0.0/8')).toBe(0)
    const key = lines[0]?.split('\n')[1] ?? ''
    expect(key).toMatch(/^jr-/)
    expect(isMistypedKey(key)).toBe(false)
    const [stored] = await store.list('keys')
    expect(stored?.body).toMatchObject({
      name: 'ci',
      hash: createHash('sha256').update(key).digest('hex'),
      last4: key.slice(-4),
      models: ['gpt-*', 'smart'],
      addresses: ['10.0.0.0/8'],
      expires: '2026-08-22T11:00:00.000Z',
      createdBy: 'cli',
    })
    expect(await run('list')).toBe(0)
    expect(lines[2]).toMatch(new RegExp(`^${stored?.id}  ci  +store  +active  +…${key.slice(-4)}`))
    expect(await run('rotate', 'ci', '--overlap', '1h')).toBe(0)
    expect((await store.list('keys'))[0]?.body).toMatchObject({
      previous: { hash: stored?.body['hash'], validUntil: '2026-08-21T12:00:00.000Z' },
    })
    expect(await run('revoke', stored?.id ?? '')).toBe(0)
    expect(await store.list('keys')).toEqual([])
    const audit = await store.read(AUDIT_LOG, { after: 0, limit: 10 })
    expect(audit.map(({ body }) => body['action'])).toEqual(['key.create', 'key.rotate', 'key.revoke'])
    expect(JSON.stringify(audit)).not.toContain(key)
  })

  it('says what is wrong', async () => {
    const { errors, run } = cli()
    expect(await run('create', 'ci')).toBe(0)
    expect([await run('create', 'ci'), errors.pop()]).toEqual([1, 'jairouter keys: There is a key "ci" already'])
    expect([await run('revoke', 'other'), errors.pop()]).toEqual([1, 'jairouter keys: There is no key "other"'])
    expect([await run('create', 'b', '--addresses', '10.0.0.0/99'), errors.pop()]).toEqual([
      1,
      'jairouter keys: addresses.0 expected an IP address or a CIDR such as 10.0.0.0/8',
    ])
    for (const args of [[], ['make'], ['create'], ['list', 'x'], ['create', 'a', 'b'], ['list', '--colour']])
      expect(await run(...args)).toBe(2)
    expect(await run('--help')).toBe(0)
  })
})
