import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileStore } from '../../src/store/file/file-store.ts'
import type { Store } from '../../src/store/port.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { isObject, listOf } from '../../src/lib/json.ts'
import { openSecretBox } from '../../src/store/secrets/secret-box.ts'
import { faultyFiles, type FaultCode } from '../store/faulty-files.ts'
import { faultySqlite } from '../store/faulty-sqlite.ts'
import { askApi } from '../support/ask-api.ts'
import { memoryReplicas } from '../support/memory-replicas.ts'
import { listening, runCli, serveFile, temporaryDirectory } from '../support/run-cli.ts'
import { startControlled, type Controlled } from '../support/start-controlled.ts'

/** A write of each part of the control plane, with the status that it has when all is well. */
const WRITES: readonly (readonly [method: string, path: string, body: object, status: number])[] = [
  ['PATCH', '/backends/a', { weight: 5 }, 200],
  ['POST', '/backends', { id: 'b', type: 'vllm', url: 'http://127.0.0.1:9', models: ['other'] }, 201],
  ['POST', '/config/versions/1/rollback', {}, 200],
  ['POST', '/keys', { name: 'app' }, 201],
  ['POST', '/teams', { id: 'blue' }, 201],
  ['POST', '/blocks', { kind: 'address', value: '203.0.113.0/24' }, 201],
  ['POST', '/budgets', { scope: 'team', subject: 'blue', unit: 'requests', period: 'day', amount: 5 }, 201],
  ['POST', '/users', { name: 'bob', role: 'viewer', password: 'the password of bob' }, 201],
  ['PUT', '/config/drafts', { text: 'backends: []\n' }, 200],
  ['PATCH', '/me/preferences', { theme: 'dark' }, 200],
]

const LISTS = ['/backends', '/config/versions', '/keys', '/teams', '/blocks', '/budgets', '/users'] as const

/** What the management API shows of everything, without the moments at which it was asked. */
async function shown({ api }: Controlled): Promise<readonly unknown[]> {
  const all = []
  for (const path of LISTS) all.push(listOf((await api('GET', path)).json['items']))
  // Whoever looks has to sign in.
  return all.map((items) => items.map((item) => (isObject(item) ? { ...item, lastSignIn: '' } : item)))
}

interface Faulty {
  readonly open: () => Promise<Store>
  readonly fail: () => void
  readonly heal: () => void
}

function onFiles(fault: FaultCode): (folder: string) => Faulty {
  return (folder) => {
    const files = faultyFiles()
    return {
      open: () => FileStore.open({ folder, now: Date.now, files }),
      fail: () => files.failFrom(1, fault),
      heal: () => files.heal(),
    }
  }
}

function onSqlite(result: number): (folder: string) => Faulty {
  return (folder) => {
    const { start, failWith } = faultySqlite()
    return { open: () => openSqliteStore({ folder, now: Date.now, start }), fail: () => failWith(result), heal: () => failWith(0) }
  }
}

/** Result codes of https://sqlite.org/rescode.html. */
describe.each<[string, (folder: string) => Faulty, number, string]>([
  ['file store whose disk says ENOSPC', onFiles('ENOSPC'), 507, 'store_full'],
  ['file store whose disk says EIO', onFiles('EIO'), 503, 'store_unavailable'],
  ['file store whose disk says EROFS', onFiles('EROFS'), 503, 'store_unavailable'],
  ['SQLite that says FULL', onSqlite(13), 507, 'store_full'],
  ['SQLite that says IOERR_FSYNC', onSqlite(1034), 503, 'store_unavailable'],
  ['SQLite that says READONLY', onSqlite(8), 503, 'store_unavailable'],
  ['SQLite that says BUSY', onSqlite(5), 503, 'store_unavailable'],
])('a %s', (_name, faulty, status, code) => {
  // After an error of the disk, each write has a new thread of SQLite.
  it(`answers every write with ${status}, changes nothing, serves on, and heals by itself`, { timeout: 90_000 }, async () => {
    const folder = await temporaryDirectory()
    const { open, fail, heal } = faulty(folder)
    const box = await openSecretBox({ env: {}, path: folder })
    const controlled = await startControlled({ a: {} }, {}, { store: await open(), box })
    const { api, admin, gateway } = controlled
    const before = await shown(controlled)
    const { generation } = gateway.snapshot
    fail()
    for (const [method, path, body] of WRITES) {
      const refused = await api(method, path, body)
      expect([path, refused.status, refused.code]).toEqual([path, status, code])
      expect(refused.text).not.toContain(folder)
      expect(refused.text).toContain('store.path')
    }
    // Nobody new is let in, but that is said as what it is.
    const signIn = await askApi(admin, 'POST /session', { body: { name: 'ada', password: 'correct horse battery staple' } })
    expect([signIn.status, signIn.code]).toEqual([status, code])
    expect(await shown(controlled)).toEqual(before)
    expect(gateway.snapshot.generation).toBe(generation)
    expect((await controlled.chat()).backend).toBe('a')
    expect(controlled.logged()).not.toContain('uncaught')

    heal()
    for (const [method, path, body, good] of WRITES) {
      const done = await api(method, path, body)
      expect([path, done.status, done.text]).toEqual([path, good, done.text])
    }
    const healed = await shown(controlled)
    expect(healed).not.toEqual(before)
    await controlled.stop()
    const again = await startControlled({}, {}, { store: await open(), box })
    expect(await shown(again)).toEqual(healed)
  })
})

describe('a store that does what it says it could not', () => {
  it('is looked at again: what is in force and shown is what it holds', async () => {
    const replicas = memoryReplicas()
    const box = await openSecretBox({ env: {}, path: undefined })
    const controlled = await startControlled({ a: {} }, {}, { store: replicas.open(), box })
    replicas.failWith({ kind: 'unavailable', when: 'after' })
    for (const [method, path, body] of WRITES.slice(0, 5)) expect((await controlled.api(method, path, body)).status).toBe(503)
    replicas.failWith(undefined)
    // Both over the same store: one has seen the faults, the other has not.
    const other = await startControlled({}, {}, { store: replicas.open(), box })
    const expected = await shown(other)
    // The next write makes sure of what is there.
    expect((await controlled.api('POST', '/blocks', { kind: 'address', value: '198.51.100.1' })).status).toBe(201)
    expect((await controlled.api('PATCH', '/services/chat', { balance: 'random' })).status).toBe(200)
    const found = await shown(controlled)
    expect(LISTS.map((path, index) => (path === '/blocks' || path === '/config/versions' ? path : found[index]))).toEqual(
      LISTS.map((path, index) => (path === '/blocks' || path === '/config/versions' ? path : expected[index])),
    )
  })
})

describe('two gateways on one file store', () => {
  it('are one too many: the second says why it does not start, and the first serves on', async () => {
    const path = await temporaryDirectory()
    const config = { store: { type: 'file', path: join(path, 'data') } } as const
    const first = await serveFile(config)
    const second = runCli(['serve', '--config', first.file, '--port', '0'], { cwd: path })
    expect(await second.exited()).toBe(1)
    expect(second.stderr()).toMatch(/store\.path.*process|process.*store\.path/)
    expect(second.stderr()).not.toContain('    at ')
    expect((await fetch(`${first.url}/health/live`)).status).toBe(200)
    first.kill('SIGKILL')
    await first.exited()
    // What a killed one leaves behind is in nobody's way.
    const third = runCli(['serve', '--config', first.file, '--port', '0'], { cwd: path })
    expect(await listening(third)).toContain('http://')
  })
})
