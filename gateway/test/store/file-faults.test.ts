import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileStore, type FileStoreOptions } from '../../src/store/file/file-store.ts'
import type { Store, Write } from '../../src/store/port.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { faultyFiles, type FaultCode } from './faulty-files.ts'
import { everything } from './store-contract.ts'

const put = (id: string, v: number): Write => ({ kind: 'put', collection: 'things', id, body: { v } })
const append = (n: number): Write => ({ kind: 'append', log: 'log', time: n, body: { n } })

async function open(folder: string, options: Partial<FileStoreOptions> = {}): Promise<Store> {
  const store = await FileStore.open({ folder, now: Date.now, ...options })
  onTestFinished(() => store.close())
  return store
}

/** Operations of a commit that write: create, write, sync, rename, syncFolder. */
const STEPS = [1, 2, 3, 4, 5]
const KINDS: Readonly<Record<FaultCode, string>> = {
  ENOSPC: 'full',
  EIO: 'unavailable',
  EROFS: 'unavailable',
  ENOENT: 'unavailable',
  EMFILE: 'unavailable',
}

describe('a fault of the disk', () => {
  const cases = STEPS.flatMap((step) => (Object.keys(KINDS) as FaultCode[]).map((code) => ({ step, code })))

  it.each(cases)('$code at step $step of a commit is told to its writer, and gone when the fault is', async ({ step, code }) => {
    const folder = await temporaryDirectory()
    const files = faultyFiles()
    const store = await open(folder, { files })
    await store.commit([put('a', 1), append(1)])
    const before = await everything(store)
    files.failFrom(step, code)
    const refusal = await store.commit([put('a', 2)]).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ name: 'StoreError', kind: KINDS[code] })
    expect(String(refusal)).toContain('store.path')
    expect(String(refusal)).not.toContain(folder)
    await expect(store.commit([put('b', 1)])).rejects.toMatchObject({ name: 'StoreError' })
    // What was there is still served.
    expect(await everything(store)).toEqual(before)
    files.heal()
    const number = await store.commit([put('c', 3), append(2)])
    expect(number).toBe(before.contents.number + 1)
    const healed = await everything(store)
    await store.close()
    expect(await everything(await open(folder))).toEqual(healed)
    expect(healed.documents).toEqual([
      ['things', [expect.objectContaining({ id: 'a', body: { v: 1 } }), expect.objectContaining({ id: 'c' })]],
    ])
  })

  it('that is over at once leaves the next commit alone', async () => {
    const folder = await temporaryDirectory()
    const files = faultyFiles()
    const store = await open(folder, { files })
    for (const step of STEPS) {
      files.failFrom(step, 'EIO', 1)
      await expect(store.commit([put('a', step)])).rejects.toMatchObject({ kind: 'unavailable' })
      await store.commit([put('b', step)])
    }
    await store.close()
    const again = await open(folder)
    expect([await again.get('things', 'a'), (await again.get('things', 'b'))?.body]).toEqual([undefined, { v: 5 }])
  })

  it('in a checkpoint costs nothing: the commits are there', async () => {
    const folder = await temporaryDirectory()
    const files = faultyFiles()
    const warnings: string[] = []
    const store = await open(folder, { files, log: { info: () => undefined, warn: (_fields, message) => void warnings.push(message) } })
    for (let n = 1; n < 256; n += 1) await store.commit([put('a', n), append(n)])
    // The commit that makes it due goes through; what comes after it does not.
    files.failFrom(6, 'ENOSPC')
    await store.commit([put('a', 256), append(256)])
    await expect(store.commit([put('a', 0)])).rejects.toMatchObject({ kind: 'full' })
    expect(warnings).toHaveLength(1)
    files.heal()
    for (let n = 257; n <= 600; n += 1) await store.commit([put('a', n), append(n)])
    const before = await everything(store)
    await store.close()
    expect(readdirSync(folder).filter((name) => name.startsWith('checkpoint')).length).toBeGreaterThan(1)
    expect(await everything(await open(folder))).toEqual(before)
  })

  it('of short writes: everything is written, piece by piece', async () => {
    const folder = await temporaryDirectory()
    const files = faultyFiles()
    files.shortWrites(7)
    const store = await open(folder, { files })
    await store.commit([put('a', 1)])
    await store.close()
    expect((await (await open(folder)).get('things', 'a'))?.body).toEqual({ v: 1 })
  })

  it('of a disk that takes nothing without a word is a full disk', async () => {
    const files = faultyFiles()
    const store = await open(await temporaryDirectory(), { files })
    files.shortWrites(0)
    await expect(store.commit([put('a', 1)])).rejects.toMatchObject({ kind: 'full' })
  })

  it('that takes the folder away is told, and over when the folder is back', async () => {
    const folder = join(await temporaryDirectory(), 'store')
    const store = await open(folder)
    await store.commit([put('a', 1)])
    renameSync(folder, `${folder}.away`)
    for (const v of [2, 3]) await expect(store.commit([put('a', v)])).rejects.toMatchObject({ kind: 'unavailable' })
    expect((await store.get('things', 'a'))?.body).toEqual({ v: 1 })
    renameSync(`${folder}.away`, folder)
    await store.commit([put('a', 4)])
    expect((await store.get('things', 'a'))?.body).toEqual({ v: 4 })
  })
})

describe('one writer', () => {
  it('refuses a second one by name, and lets it in once the first is closed', async () => {
    const folder = await temporaryDirectory()
    const first = await open(folder)
    await first.commit([put('a', 1)])
    await expect(open(folder)).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining(String(process.pid)) })
    const looking = await open(folder, { readOnly: true })
    expect((await looking.get('things', 'a'))?.body).toEqual({ v: 1 })
    await expect(looking.commit([put('a', 2)])).rejects.toMatchObject({ kind: 'unavailable' })
    await first.close()
    expect((await (await open(folder)).get('things', 'a'))?.body).toEqual({ v: 1 })
  })

  it('takes over from a process that is dead, though its number lives', async () => {
    const folder = await temporaryDirectory()
    const lock = (pid: number, started: string) =>
      writeFileSync(join(folder, 'lock'), JSON.stringify({ host: hostname(), pid, started, token: 't' }))
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    lock(child.pid ?? 0, '1')
    await (await open(folder)).close()
    lock(process.pid, 'another start')
    await (await open(folder)).close()
    writeFileSync(join(folder, 'lock'), 'half a lo')
    const store = await open(folder)
    await store.commit([put('a', 1)])
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it('believes a lock of another host as long as it is kept fresh', async () => {
    const folder = await temporaryDirectory()
    const path = join(folder, 'lock')
    writeFileSync(path, JSON.stringify({ host: 'another.example', pid: 1, started: '1', token: 't' }))
    await expect(open(folder)).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('another.example') })
    utimesSync(path, 0, 0)
    await (await open(folder)).commit([put('a', 1)])
  })

  it('stops writing where its lock was taken', async () => {
    const folder = await temporaryDirectory()
    const files = faultyFiles()
    const store = await open(folder, { files })
    await store.commit([put('a', 1)])
    writeFileSync(join(folder, 'lock'), '{}')
    files.failFrom(1, 'EIO', 1)
    await expect(store.commit([put('a', 2)])).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(store.commit([put('a', 3)])).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('lock') })
  })
})

it('keeps five generations and no more than they need, all of it for its owner alone', { timeout: 60_000 }, async () => {
  const folder = await temporaryDirectory()
  const store = await open(folder)
  const commits = 256 * 7
  for (let n = 1; n <= commits; n += 1)
    await store.commit([put(`d${n % 10}`, n), append(n), ...(n === 1_000 ? [{ kind: 'trim', log: 'log', through: 600 } as const] : [])])
  const before = await everything(store)
  await store.close()
  const names = readdirSync(folder)
  const of = (kind: string) => names.filter((name) => name.startsWith(kind))
  expect(of('checkpoint')).toHaveLength(5)
  expect(of('commit').length).toBeLessThanOrEqual(256 * 5)
  expect(names.filter((name) => !/^(checkpoint|commit|segment)-/.test(name))).toEqual([])
  expect(new Set(names.map((name) => statSync(join(folder, name)).mode & 0o777))).toEqual(new Set([0o600]))
  expect(await everything(await open(folder))).toEqual(before)
  // Any one generation is enough, with what came after it.
  for (const name of of('checkpoint').toSorted().slice(1)) rmSync(join(folder, name))
  const again = await FileStore.open({ folder, now: Date.now, readOnly: true })
  expect(await everything(again)).toEqual(before)
})
