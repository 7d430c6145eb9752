import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchFiles, type WatchOptions } from './watch.ts'

let directory: string
const cleanUp: (() => void)[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jairouter-watch-'))
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }))
})

afterEach(() => {
  for (const step of cleanUp.splice(0).reverse()) step()
})

/** A watch whose changes can be awaited one after the other. */
function start(files: readonly string[], options: Partial<WatchOptions> = {}) {
  let changes = 0
  const waiting = new Map<number, () => void>()
  const watcher = watchFiles({
    files,
    settleMs: 5,
    pollMs: 3_600_000,
    onChange() {
      changes += 1
      waiting.get(changes)?.()
    },
    ...options,
  })
  cleanUp.push(() => watcher.close())
  return {
    watcher,
    count: () => changes,
    /** Resolves when there have been so many in all; the test's own time limit is the only one. */
    until: (wanted: number) => (changes >= wanted ? Promise.resolve() : new Promise<void>((resolve) => waiting.set(wanted, resolve))),
  }
}

describe.each([
  ['by events', {}],
  [
    'by looking now and then, where there are no events',
    {
      pollMs: 5,
      watchDirectory: () => {
        throw new Error('ENOSPC')
      },
    },
  ],
])('a change is seen %s', (_name, options) => {
  it('when the file is written in place', async () => {
    const file = join(directory, 'a.yaml')
    writeFileSync(file, 'one')
    const watch = start([file], options)
    writeFileSync(file, 'two')
    await watch.until(1)
    writeFileSync(file, 'three')
    await watch.until(2)
    expect(watch.count()).toBe(2)
  })

  it('when another file is renamed over it, again and again', async () => {
    const file = join(directory, 'a.yaml')
    writeFileSync(file, '0')
    const watch = start([file], options)
    for (let round = 1; round <= 3; round += 1) {
      writeFileSync(join(directory, 'a.yaml.tmp'), `${round}`)
      renameSync(join(directory, 'a.yaml.tmp'), file)
      await watch.until(round)
    }
    expect(watch.count()).toBe(3)
  })

  it('when a link to its directory is swapped, as Kubernetes does', async () => {
    const version = (name: string, content: string) => {
      mkdirSync(join(directory, name))
      writeFileSync(join(directory, name, 'a.yaml'), content)
      symlinkSync(name, join(directory, '..data_tmp'))
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
    }
    version('..2026_1', 'one')
    const file = join(directory, 'a.yaml')
    symlinkSync('..data/a.yaml', file)
    const watch = start([file], options)
    version('..2026_2', 'two')
    await watch.until(1)
    version('..2026_3', 'three')
    await watch.until(2)
    expect(watch.count()).toBe(2)
  })

  it('when it is removed and comes back, and in any of several files', async () => {
    const files = [join(directory, 'a.yaml'), join(directory, 'a.prod.yaml')] as const
    for (const file of files) writeFileSync(file, 'one')
    const watch = start(files, options)
    unlinkSync(files[1])
    await watch.until(1)
    writeFileSync(files[1], 'two')
    await watch.until(2)
    writeFileSync(files[0], 'two')
    await watch.until(3)
    expect(watch.count()).toBe(3)
  })
})

it('does not call for what is not a change of content', async () => {
  const file = join(directory, 'a.yaml')
  const other = join(directory, 'other.yaml')
  writeFileSync(file, 'one')
  const watch = start([file])
  const control = start([other])
  writeFileSync(file, 'one')
  writeFileSync(other, 'one')
  await control.until(1)
  // The same content was written before: had it counted, there would be two calls in the end.
  writeFileSync(file, 'two')
  await watch.until(1)
  writeFileSync(other, 'two')
  await control.until(2)
  expect(watch.count()).toBe(1)
})

it('calls once for a burst of writes', async () => {
  const file = join(directory, 'a.yaml')
  writeFileSync(file, '')
  const watch = start([file])
  for (let length = 1; length <= 20; length += 1) writeFileSync(file, 'x'.repeat(length))
  await watch.until(1)
  writeFileSync(file, 'end')
  await watch.until(2)
  expect(watch.count()).toBe(2)
})

it('waits until two looks in a row find the same', async () => {
  const file = join(directory, 'a.yaml')
  writeFileSync(file, 'one')
  const contents = ['half', 'more', 'all', 'all']
  let looks = 0
  const looksAtCall = await new Promise<number>((resolve) => {
    start([file], { look: async () => contents[looks++] ?? 'all', pollMs: 5, onChange: () => resolve(looks) })
  })
  expect(looksAtCall).toBe(4)
})

it('calls no more once it is closed', async () => {
  const file = join(directory, 'a.yaml')
  writeFileSync(file, 'one')
  const closed = start([file])
  const open = start([file], { settleMs: 20 })
  writeFileSync(file, 'two')
  closed.watcher.close()
  closed.watcher.close()
  await open.until(1)
  expect(closed.count()).toBe(0)
})

it('leaves alone what can be read only once', async () => {
  const file = join(directory, 'a.yaml')
  const looked = await new Promise<readonly string[]>((resolve) => {
    start(['/dev/null', file], { pollMs: 5, look: async (files) => (resolve(files), '') })
  })
  expect(looked).toEqual([file])
})
