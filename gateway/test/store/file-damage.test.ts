import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRecord } from '../../src/store/file/record.ts'
import { FileStore } from '../../src/store/file/file-store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { everything } from './store-contract.ts'

const root = mkdtempSync(join(tmpdir(), 'jairouter-damage-'))
const sound = join(root, 'sound')
const COMMITS = 23
const PER_CHECKPOINT = 4
/** The newest checkpoint has everything up to here. */
const CHECKPOINT = 20
const LAST_COMMIT = `commit-${String(COMMITS).padStart(16, '0')}.json`

/** What could be read after each commit. */
const history: Awaited<ReturnType<typeof everything>>[] = []

beforeAll(async () => {
  const store = await FileStore.open({ folder: sound, now: Date.now, commitsPerCheckpoint: PER_CHECKPOINT })
  history.push(await everything(store))
  for (let n = 1; n <= COMMITS; n += 1) {
    await store.commit([
      { kind: 'put', collection: 'things', id: `d${n % 5}`, body: { n, text: 'é'.repeat(n) } },
      { kind: 'append', log: 'log', time: n, body: { n } },
      { kind: 'add', counter: 'n', amount: 1 },
      ...(n === 10 ? [{ kind: 'trim', log: 'log', through: 3 } as const] : []),
    ])
    history.push(await everything(store))
  }
  await store.close()
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

interface Opened {
  readonly folder: string
  /** Undefined: it was refused. */
  readonly found: Awaited<ReturnType<typeof everything>> | undefined
}

/** Opens a copy in which something was done to the files. */
async function afterwards(damage: (folder: string) => void): Promise<Opened> {
  const folder = mkdtempSync(join(root, 'copy-'))
  cpSync(sound, folder, { recursive: true })
  damage(folder)
  try {
    const store = await FileStore.open({ folder, now: Date.now, commitsPerCheckpoint: PER_CHECKPOINT })
    const found = await everything(store)
    // It can be gone on from, and no number is given twice.
    expect(await store.commit([{ kind: 'put', collection: 'things', id: 'new', body: {} }])).toBeGreaterThan(found.contents.number)
    const before = await everything(store)
    await store.close()
    const again = await FileStore.open({ folder, now: Date.now })
    expect(await everything(again)).toEqual(before)
    await again.close()
    return { folder, found }
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ kind: 'damaged' })
    return { folder, found: undefined }
  }
}

/** The newest state that is sound when one file is damaged; undefined: there is none for sure. */
function newestSound(name: string): number | undefined {
  const number = Number(/\d+/.exec(name)?.[0])
  if (name.startsWith('commit') && number > CHECKPOINT) return number - 1
  return name.startsWith('segment') ? undefined : COMMITS
}

function expectNewest({ folder, found }: Opened, name: string, how: 'changed' | 'gone' | 'sound'): void {
  const expected = how === 'sound' ? COMMITS : newestSound(name)
  if (found === undefined) {
    expect(expected).toBeUndefined()
    return
  }
  const { contents, ...rest } = history[expected ?? COMMITS] ?? history[0] ?? found
  expect(found).toMatchObject({ ...rest, contents: { collections: contents.collections, logs: contents.logs } })
  expect(found.contents.number).toBe(how === 'gone' && name === LAST_COMMIT ? COMMITS - 1 : COMMITS)
  if (how === 'changed' && name.startsWith('commit') && expected !== COMMITS) expect(readdirSync(folder)).toContain(`${name}.damaged`)
}

describe('a folder with one damaged file opens to the newest state that is sound, or not at all', () => {
  const anyFile = fc.nat().map((index) => {
    const names = readdirSync(sound).toSorted()
    return names[index % names.length] ?? ''
  })

  it('when a bit has flipped, anywhere', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, fc.nat(), fc.nat({ max: 7 }), async (name, at, bit) => {
        const opened = await afterwards((folder) => {
          const bytes = readFileSync(join(folder, name))
          const index = at % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
          writeFileSync(join(folder, name), bytes)
        })
        expectNewest(opened, name, 'changed')
      }),
      { numRuns: 120 },
    )
  })

  it('when it was cut off, anywhere', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, fc.nat(), async (name, at) => {
        const opened = await afterwards((folder) => {
          const { length } = readFileSync(join(folder, name))
          truncateSync(join(folder, name), at % length)
        })
        expectNewest(opened, name, 'changed')
      }),
      { numRuns: 80 },
    )
  })

  it('when it is gone, all but the last commit, which nobody could miss', { timeout: 60_000 }, async () => {
    for (const name of readdirSync(sound)) expectNewest(await afterwards((folder) => rmSync(join(folder, name))), name, 'gone')
  })

  it('as it was, when nothing is damaged', async () => {
    expectNewest(await afterwards(() => undefined), 'checkpoint-0', 'sound')
  })
})

describe('a folder that is damaged under a store that is open', () => {
  const damages: Readonly<Record<string, (path: string) => void>> = {
    'cut off': (path) => truncateSync(path, 11),
    emptied: (path) => truncateSync(path, 0),
    overwritten: (path) => writeFileSync(path, 'garbage'),
    removed: (path) => rmSync(path),
  }
  const isState = (name: string) => /^(?:commit|checkpoint)-/.test(name)

  /** Commits before and after it, or only closes; gives what was there, and what a store that is opened afterwards has. */
  async function damaged(harm: (folder: string) => void, commits: number) {
    const folder = mkdtempSync(join(root, 'open-'))
    cpSync(sound, folder, { recursive: true })
    const warnings: string[] = []
    const log = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) }
    const store = await FileStore.open({ folder, now: Date.now, commitsPerCheckpoint: 100, log })
    for (let n = 0; n < 3; n += 1) await store.commit([{ kind: 'append', log: 'log', time: n, body: { n } }])
    harm(folder)
    for (let n = 0; n < commits; n += 1) await store.commit([{ kind: 'put', collection: 'things', id: `after${n}`, body: { n } }])
    const before = await everything(store)
    await store.close()
    const again = await FileStore.open({ folder, now: Date.now })
    const found = await everything(again)
    await again.close()
    return { before, found, warnings }
  }

  it.each(Object.keys(damages).flatMap((how) => [0, 2].map((commits) => ({ how, commits }))))(
    'loses nothing: any file $how, $commits commits afterwards',
    async ({ how, commits }) => {
      const names = readdirSync(sound).filter(isState).toSorted()
      for (const name of [names.findLast((one) => one.startsWith('checkpoint')), names.findLast((one) => one.startsWith('commit'))]) {
        const { before, found, warnings } = await damaged((folder) => damages[how]?.(join(folder, name ?? '')), commits)
        expect(found).toEqual(before)
        expect(warnings).toHaveLength(1)
      }
    },
  )

  it('loses nothing even if all of it that holds the state is gone, with its lock', async () => {
    const harm = (folder: string) => {
      for (const name of readdirSync(folder)) if (isState(name) || name === 'lock') rmSync(join(folder, name))
    }
    const { before, found } = await damaged(harm, 1)
    expect(found).toEqual(before)
  })

  it('is left alone where another process has taken it', async () => {
    const folder = mkdtempSync(join(root, 'taken-'))
    const store = await FileStore.open({ folder, now: Date.now })
    await store.commit([{ kind: 'put', collection: 'things', id: 'a', body: {} }])
    writeFileSync(join(folder, 'lock'), '{}')
    rmSync(join(folder, 'commit-0000000000000001.json'))
    await expect(store.commit([{ kind: 'put', collection: 'things', id: 'b', body: {} }])).rejects.toMatchObject({ kind: 'unavailable' })
    await store.close()
    expect(readdirSync(folder).toSorted()).toEqual(['checkpoint-0000000000000000.json', 'lock'])
  })
})

describe('a folder', () => {
  const isCommit = (name: string) => name.startsWith('commit')
  const isCheckpoint = (name: string) => name.startsWith('checkpoint')
  const each = (folder: string, wanted: (name: string) => boolean, change: (path: string) => void) => {
    for (const name of readdirSync(folder).filter(wanted)) change(join(folder, name))
  }

  it('without a checkpoint that is sound is refused, not begun anew, and left as it is', async () => {
    for (const damage of [(path: string) => truncateSync(path, 0), (path: string) => rmSync(path)]) {
      let names: readonly string[] = []
      const { folder, found } = await afterwards((copy) => {
        each(copy, isCheckpoint, damage)
        names = readdirSync(copy)
      })
      expect([found, readdirSync(folder)]).toEqual([undefined, names])
    }
  })

  it('whose first commit is damaged is refused: what is left would be an empty store', async () => {
    const folder = mkdtempSync(join(root, 'young-'))
    const store = await FileStore.open({ folder, now: Date.now })
    await store.commit([{ kind: 'put', collection: 'users', id: 'admin', body: {} }])
    await store.close()
    each(folder, isCommit, (path) => truncateSync(path, 10))
    await expect(FileStore.open({ folder, now: Date.now })).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining('commit-'),
    })
  })

  it('with all commits damaged goes on from its newest checkpoint', async () => {
    const { found } = await afterwards((folder) => each(folder, isCommit, (path) => writeFileSync(path, 'garbage')))
    expect(found?.counters).toEqual(new Map([['n', CHECKPOINT]]))
  })

  it('that a later version wrote is refused by its name', async () => {
    const folder = mkdtempSync(join(root, 'newer-'))
    cpSync(sound, folder, { recursive: true })
    const name = readdirSync(folder).filter(isCheckpoint).toSorted().at(-1) ?? ''
    const text = readFileSync(join(folder, name), 'utf8').split('\n')[1] ?? ''
    const { bytes } = encodeRecord({ kind: 'checkpoint', number: CHECKPOINT, previous: '', payload: JSON.parse(text) }, 2)
    writeFileSync(join(folder, name), bytes)
    await expect(FileStore.open({ folder, now: Date.now })).rejects.toMatchObject({
      kind: 'newer',
      message: expect.stringContaining('later version'),
    })
  })
})
