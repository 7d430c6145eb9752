import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Store, Write } from '../../src/store/port.ts'
import type { DatabaseRunner } from '../../src/store/sqlite/database-runner.ts'
import { fingerprintOf } from '../../src/store/sqlite/file-watch.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'
import { startProcess } from '../../src/store/sqlite/start-process.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { canMount, mountDisk } from './can-mount.ts'
import { everything } from './store-contract.ts'

const put = (id: string, v: number, expected?: number): Write => ({
  kind: 'put',
  collection: 'things',
  id,
  body: { v },
  ...(expected === undefined ? {} : { expect: expected }),
})
/** SQLite does not write pages again that stay as they were. */
const large = (id: string, length: number, of = 'x'): Write => ({
  kind: 'put',
  collection: 'things',
  id,
  body: { text: of.repeat(length) },
})
const append = (n: number): Write => ({ kind: 'append', log: 'log', time: n, body: { n } })
const add: Write = { kind: 'add', counter: 'n', amount: 1 }

async function open(folder: string, options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({ folder, now: Date.now, ...options })
  onTestFinished(() => store.close())
  return store
}

/** Hands out the threads that a store starts. */
function threads() {
  const started: Worker[] = []
  const start: SqliteStoreOptions['start'] = (workerData) => {
    const worker = new Worker(new URL('../../src/store/sqlite/sqlite-worker.cjs', import.meta.url), { workerData, execArgv: [] })
    started.push(worker)
    return worker
  }
  return { started, start }
}

describe('the thread', () => {
  it('that dies takes down what it was doing, and nothing after that', async () => {
    const { started, start } = threads()
    const store = await open(await temporaryDirectory(), { start })
    await store.commit([put('a', 1)])
    const under = [store.commit([put('b', 1)]), store.get('things', 'a')]
    await started[0]?.terminate()
    const results = await Promise.allSettled(under)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'StoreError', kind: 'unavailable' })
    expect(results.some(({ status }) => status === 'rejected')).toBe(true)
    await store.commit([put('c', 1)])
    expect([(await store.get('things', 'a'))?.body, (await store.get('things', 'c'))?.body, started.length]).toEqual([
      { v: 1 },
      { v: 1 },
      2,
    ])
  })

  it('ends when there is nothing to do, and nobody notices', async () => {
    const { started, start } = threads()
    const store = await open(await temporaryDirectory(), { start, idleMs: 1 })
    for (let v = 1; v <= 3; v += 1) {
      await store.commit([put('a', v)])
      await eventually(() => expect(started.at(-1)?.threadId).toBe(-1))
    }
    expect([(await store.get('things', 'a'))?.body, started.length]).toEqual([{ v: 3 }, 4])
  })
})

describe('a process in the place of the thread', () => {
  it('ends when there is nothing to do, and a thread goes on from there, in order', async () => {
    const runners: (DatabaseRunner | undefined)[] = []
    let ended = 0
    const startApart: SqliteStoreOptions['startApart'] = (data) => {
      const runner = runners.length === 0 ? startProcess(data) : undefined
      runner?.on('exit', () => void (ended += 1))
      runners.push(runner)
      return runner
    }
    const { started, start } = threads()
    const store = await open(await temporaryDirectory(), { start, startApart, idleMs: 1 })
    const early = await Promise.all([1, 2, 3].map((v) => store.commit([put('a', v), append(v)])))
    await eventually(() => expect(ended).toBe(1))
    const late = await Promise.all([4, 5, 6].map((v) => store.commit([put('a', v), append(v)])))
    const numbers = [...early, ...late]
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect((await store.get('things', 'a'))?.body).toEqual({ v: 6 })
    expect((await store.read('log', { after: 0, limit: 10 })).map(({ body }) => body['n'])).toEqual([1, 2, 3, 4, 5, 6])
    expect([runners[0] === undefined, started.length > 0, await store.check()]).toEqual([false, true, []])
  })

  it('answers everything before it ends', async () => {
    const folder = await temporaryDirectory()
    const store = await openSqliteStore({ folder, now: Date.now, startApart: startProcess })
    const under = [1, 2, 3].map((v) => store.commit([put('a', v), append(v)]))
    await store.close()
    expect((await Promise.allSettled(under)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
    const again = await open(folder)
    expect((await again.read('log', { after: 0, limit: 10 })).map(({ body }) => body['n'])).toEqual([1, 2, 3])
  })
})

describe('files that rest', () => {
  it('are as their last thread has told, so that nobody takes its end for a commit', async () => {
    const { started, start } = threads()
    const folder = await temporaryDirectory()
    const store = await open(folder, { start, idleMs: 1 })
    const said: { readonly value?: unknown }[] = []
    started[0]?.on('message', (reply: { readonly value?: unknown }) => said.push(reply))
    const number = await store.commit([put('a', 1)])
    await eventually(() => expect(started[0]?.threadId).toBe(-1))
    expect(said.at(-1)?.value).toEqual({ fingerprint: await fingerprintOf(folder), number })
  })
})

describe('several processes', () => {
  it('lose no update to each other', async () => {
    const folder = await temporaryDirectory()
    const stores = [await open(folder), await open(folder)]
    await stores[0]?.commit([put('a', 0)])
    const increase = async (store: Store): Promise<void> => {
      for (let done = 0; done < 15;) {
        const now = await store.get('things', 'a')
        try {
          await store.commit([put('a', Number(now?.body['v']) + 1, now?.revision ?? 0), add, append(1)])
          done += 1
        } catch (error) {
          expect(error).toMatchObject({ kind: 'conflict' })
        }
      }
    }
    await Promise.all(stores.map(increase))
    expect([(await stores[1]?.get('things', 'a'))?.body, await stores[0]?.counters(''), (await stores[0]?.extent('log'))?.last]).toEqual([
      { v: 30 },
      new Map([['n', 30]]),
      30,
    ])
  })

  it('hear of what others commit, not of what they do themselves', async () => {
    const folder = await temporaryDirectory()
    const [one, other] = [await open(folder), await open(folder)]
    const heard = { one: 0, other: 0 }
    onTestFinished(one.onChange(() => void (heard.one += 1)))
    onTestFinished(other.onChange(() => void (heard.other += 1)))
    await one.commit([put('a', 1)])
    await eventually(() => expect(heard.other).toBeGreaterThan(0))
    await other.commit([put('a', 2)])
    await eventually(() => expect(heard.one).toBeGreaterThan(0))
    expect((await one.get('things', 'a'))?.body).toEqual({ v: 2 })
  })
})

describe('a fault', () => {
  it('of the folder going away is told, and over when it is back', async () => {
    const folder = join(await temporaryDirectory(), 'data')
    const store = await open(folder)
    await store.commit([put('a', 1)])
    renameSync(folder, `${folder}.away`)
    for (const v of [2, 3]) await expect(store.commit([put('a', v)])).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' })
    renameSync(`${folder}.away`, folder)
    await store.commit([put('b', 4)])
    expect([(await store.get('things', 'a'))?.body, (await store.get('things', 'b'))?.body]).toEqual([{ v: 1 }, { v: 4 }])
  })

  it('of a schema that is newer is told by its name, and nothing is touched', async () => {
    const folder = await temporaryDirectory()
    const store = await open(folder)
    await store.commit([put('a', 1)])
    await store.close()
    const database = new DatabaseSync(join(folder, 'jairouter.db'))
    database.exec('update jairouter_meta set schema = 99')
    database.close()
    const refusal = await open(folder).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ kind: 'newer', message: expect.stringContaining('schema 99') })
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([])
  })

  it.skipIf(!canMount())('of a full disk, then of one that is read-only, is told and healed', async () => {
    const folder = await temporaryDirectory()
    const disk = mountDisk(folder, '1m')
    const store = await openSqliteStore({ folder, now: Date.now })
    try {
      await store.commit([put('a', 1), append(1)])
      const before = await everything(store)
      await expect(store.commit([large('large', 2_000_000)])).rejects.toMatchObject({
        name: 'StoreError',
        kind: 'full',
        message: expect.stringContaining('store.path'),
      })
      expect(await everything(store)).toEqual(before)
      await store.commit([put('a', 2)])
      await store.close()
      disk.remount('ro')
      await expect(openSqliteStore({ folder, now: Date.now })).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' })
      disk.remount('rw')
      const again = await openSqliteStore({ folder, now: Date.now })
      expect((await again.get('things', 'a'))?.body).toEqual({ v: 2 })
      await again.close()
    } finally {
      await store.close()
    }
  })
})

describe('a database that is damaged under a store that is open', () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    'cut off': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    emptied: (file) => truncateSync(file, 0),
    overwritten: (file) => writeFileSync(file, 'garbage '.repeat(512)),
    removed: (file) => rmSync(file),
  }

  it.each(
    Object.keys(damages).flatMap((how) => [
      { how, commits: 3 },
      // More than the write-ahead log takes before it is moved into the file.
      { how, commits: 40 },
    ]),
  )('and $how after $commits commits is written anew as it was; its next writer is told, and nothing is lost', async ({ how, commits }) => {
    const folder = await temporaryDirectory()
    const warnings: string[] = []
    const log = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) }
    const store = await open(folder, { log })
    for (let n = 1; n <= commits; n += 1) await store.commit([put('a', n), append(n), large(`large${n % 3}`, 150_000, String(n % 10))])
    const before = await everything(store)
    damages[how]?.(join(folder, 'jairouter.db'))
    await expect(store.commit([put('b', 1)])).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'unavailable',
      message: expect.stringContaining('has just been mended'),
    })
    expect(warnings).toHaveLength(1)
    expect(await everything(store)).toEqual(before)
    await store.commit([put('b', 2)])
    const after = await everything(store)
    await store.close()
    const again = await open(folder, { log })
    expect(await everything(again)).toEqual(after)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(how === 'removed' ? ['jairouter.db'] : ['jairouter.db.damaged-1']))
  })

  it('is mended as well when the thread ends before anybody writes', async () => {
    const folder = await temporaryDirectory()
    const store = await open(folder)
    await store.commit([put('a', 1)])
    truncateSync(join(folder, 'jairouter.db'), 1_000)
    await store.close()
    expect((await (await open(folder)).get('things', 'a'))?.body).toEqual({ v: 1 })
  })

  it('that nobody has in memory any more is told to who writes, and not replaced behind the back of who runs it', async () => {
    const folder = await temporaryDirectory()
    const { started, start } = threads()
    const store = await open(folder, { start, idleMs: 1 })
    await store.commit([put('a', 1)])
    await eventually(() => expect(started.at(-1)?.threadId).toBe(-1))
    const file = join(folder, 'jairouter.db')
    const whole = readFileSync(file)
    truncateSync(file, 5_000)
    for (const v of [2, 3])
      await expect(store.commit([put('a', v)])).rejects.toMatchObject({ kind: 'damaged', message: expect.stringContaining('store.path') })
    writeFileSync(file, whole)
    await store.commit([put('b', 1)])
    expect((await store.get('things', 'a'))?.body).toEqual({ v: 1 })
  })
})

describe('a database that is damaged', () => {
  const root = mkdtempSync(join(tmpdir(), 'jairouter-sqlite-'))
  const sound = join(root, 'sound')
  /** The newest backup has everything up to here; the database 3 more. */
  const BACKUP = 12
  const COMMITS = 15
  const states: Awaited<ReturnType<typeof everything>>[] = []

  beforeAll(async () => {
    const write = async (from: number, to: number) => {
      const store = await openSqliteStore({ folder: sound, now: Date.now })
      for (let n = from; n <= to; n += 1)
        await store.commit([
          put(`d${n % 7}`, n),
          append(n),
          add,
          { kind: 'put', collection: 'more', id: String(n), body: { text: 'é'.repeat(n * 100) } },
        ])
      states.push(await everything(store))
      await store.close()
    }
    await write(1, BACKUP)
    await write(BACKUP + 1, COMMITS)
  })
  afterAll(() => {
    rmSync(root, { recursive: true, force: true })
  })

  /** Opens a copy in which something was done to the files; undefined: it was refused. */
  async function afterwards(damage: (folder: string) => void) {
    const folder = mkdtempSync(join(root, 'copy-'))
    cpSync(sound, folder, { recursive: true })
    damage(folder)
    const warnings: string[] = []
    let store: Store
    try {
      store = await openSqliteStore({
        folder,
        now: Date.now,
        log: { info: () => undefined, warn: (_fields, message) => void warnings.push(message) },
      })
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError)
      expect(error).toMatchObject({ kind: expect.stringMatching(/^(damaged|newer)$/) })
      return { folder, warnings, found: undefined, brokenLog: false }
    }
    const found = await everything(store)
    const brokenLog = (await store.check()).length > 0
    expect(await store.commit([put('new', 1)])).toBeGreaterThan(COMMITS)
    await store.close()
    return { folder, warnings, found, brokenLog }
  }

  function expectOneOfBoth({ folder, warnings, found, brokenLog }: Awaited<ReturnType<typeof afterwards>>, restored?: boolean): void {
    // A flipped number of the schema looks like a later version's.
    if (found === undefined && restored === undefined) return
    const aside = readdirSync(folder).filter((name) => name.includes('damaged'))
    const isRestored = restored ?? aside.length > 0
    if (brokenLog) {
      // An entry that has changed is told, and no reason to lose what came after a backup.
      expect([isRestored, warnings.length]).toEqual([false, 1])
      expect([found?.documents, found?.counters]).toEqual([states[1]?.documents, states[1]?.counters])
      return
    }
    const { contents, ...rest } = (isRestored ? states[0] : states[1]) ?? { contents: undefined }
    expect(found).toMatchObject({ ...rest, contents: { collections: contents?.collections, logs: contents?.logs } })
    expect([aside.length > 0, warnings.length]).toEqual([isRestored, isRestored ? 1 : 0])
    if (isRestored) expect(found?.contents.number).toBeGreaterThan(COMMITS)
  }

  it('is replaced by the newest backup when it was cut off anywhere, and put aside', { timeout: 120_000 }, async () => {
    const { size } = statSync(join(sound, 'jairouter.db'))
    for (let length = 0; length < size; length += 8_192) {
      expectOneOfBoth(await afterwards((folder) => truncateSync(join(folder, 'jairouter.db'), length)), true)
    }
  })

  it('is either as it was or replaced, never something else, when bits have flipped', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat({ max: 7 }), async (at, bit) => {
        expectOneOfBoth(await afterwards((folder) => flip(join(folder, 'jairouter.db'), at, bit)))
      }),
      { numRuns: 40 },
    )
  })

  it('is replaced when its header would make SQLite only read it', async () => {
    expectOneOfBoth(await afterwards((folder) => flip(join(folder, 'jairouter.db'), 18, 0)), true)
  })

  it('is replaced when it is empty, gone, or garbage', async () => {
    const file = (folder: string) => join(folder, 'jairouter.db')
    for (const damage of [
      (folder: string) => truncateSync(file(folder), 0),
      (folder: string) => rmSync(file(folder)),
      (folder: string) => writeFileSync(file(folder), 'garbage '.repeat(2_000)),
    ]) {
      const { found } = await afterwards(damage)
      expect(found?.documents).toEqual(states[0]?.documents)
    }
  })

  it('goes on from an older backup where the newest is damaged, and is refused where none is sound', async () => {
    const damageAll = (folder: string, backups: number) => {
      truncateSync(join(folder, 'jairouter.db'), 5_000)
      const names = readdirSync(join(folder, 'backups')).toSorted().toReversed()
      for (const name of names.slice(0, backups)) truncateSync(join(folder, 'backups', name), 5_000)
      return names.length
    }
    const older = await afterwards((folder) => void damageAll(folder, 1))
    expect(older.found?.counters).toEqual(new Map([['n', 1]]))
    let names: readonly string[] = []
    const { folder, found } = await afterwards((copy) => {
      damageAll(copy, Infinity)
      names = readdirSync(copy)
    })
    expect([found, readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name))]).toEqual([
      undefined,
      names.filter((name) => !/-(wal|shm)$/.test(name)),
    ])
  })

  it('is found by check, too', async () => {
    const folder = mkdtempSync(join(root, 'checked-'))
    cpSync(sound, folder, { recursive: true })
    const store = await openSqliteStore({ folder, now: Date.now })
    expect(await store.check()).toEqual([])
    const database = new DatabaseSync(join(folder, 'jairouter.db'))
    database.exec(`update jairouter_document set body = '{"v":1000}' where id = 'd1'; update jairouter_counter set value = 7`)
    database.exec(`update jairouter_entry set body = '{"n":0}' where sequence = 5`)
    database.close()
    expect(await store.check()).toEqual([
      'things/d1 is not what was written to it',
      'the counter n is not what was written',
      'the chain of the log log is broken at entry 5, or after it',
    ])
    await expect(store.get('things', 'd1')).rejects.toMatchObject({ kind: 'damaged' })
    await expect(store.counters('')).rejects.toMatchObject({ kind: 'damaged' })
    await store.close()
  })
})

function flip(file: string, at: number, bit: number): void {
  const bytes = readFileSync(file)
  const index = at % bytes.length
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
  writeFileSync(file, bytes)
}

it('keeps its files for its owner alone, and five backups', async () => {
  const folder = await temporaryDirectory()
  for (let n = 1; n <= 8; n += 1) {
    const store = await openSqliteStore({ folder, now: Date.now })
    await store.commit([put('a', n)])
    await store.close()
  }
  expect(readdirSync(join(folder, 'backups'))).toHaveLength(5)
  const paths = ['jairouter.db', ...readdirSync(join(folder, 'backups')).map((name) => join('backups', name))]
  expect(new Set(paths.map((path) => statSync(join(folder, path)).mode & 0o777))).toEqual(new Set([0o600]))
})
