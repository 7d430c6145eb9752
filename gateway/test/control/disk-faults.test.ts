import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { canMount, mountDisk } from '../store/can-mount.ts'
import { askApi, type ApiAnswer } from '../support/ask-api.ts'
import { chat } from '../support/ask.ts'
import { listening, runCli, serveFile, temporaryDirectory, type Cli } from '../support/run-cli.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

const PASSWORD = 'the password of this test'
const ENV = { JAIROUTER_ADMIN_PASSWORD: PASSWORD }
const STORES = ['file', 'sqlite'] as const

/** "jairouter serve" as anybody runs it, whose store is in this folder. */
async function serve(type: (typeof STORES)[number], path: string) {
  const simulator = await startSimulatorForTest({ name: 'a' })
  const config: ConfigInput = {
    server: { overload: { enabled: false } },
    store: { type, path },
    history: { enabled: false },
    backends: [{ id: 'a', type: 'openai-compatible', url: simulator.url, models: ['sim-chat'] }],
  }
  const served = await serveFile(config, { env: ENV })
  return { served, ...(await signedIn(served.url)) }
}

async function signedIn(url: string) {
  const { json, text } = await askApi(url, 'POST /session', { body: { name: 'admin', password: PASSWORD } })
  const as = json['accessToken']
  if (typeof as !== 'string') throw new Error(`nobody was signed in: ${text}`)
  return {
    /** Each is another version, of about 2 KB. */
    weigh: (weight: number): Promise<ApiAnswer> => askApi(url, 'PATCH /backends/a', { as, body: { weight } }),
    weight: async () => (await askApi(url, 'GET /backends/a', { as })).json['weight'],
    asked: async () => (await chat(url, { model: 'sim-chat' }, { headers: { authorization: `Bearer ${as}` } })).status,
  }
}

async function restarted(served: Cli & { readonly file: string }) {
  served.kill('SIGKILL')
  await served.exited()
  return signedIn(await listening(runCli(['serve', '--config', served.file, '--port', '0'], { cwd: join(served.file, '..'), env: ENV })))
}

function fill(folder: string): () => void {
  const file = join(folder, 'filler')
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(file, Buffer.alloc(bavail * bsize))
  return () => rmSync(file)
}

describe.skipIf(!canMount())('a real disk, where the user of the test may mount one', () => {
  it.each(STORES)('that is full: %s tells the writer, serves on, and heals', { timeout: 60_000 }, async (type) => {
    const disk = await temporaryDirectory()
    mountDisk(disk, '8m')
    const { served, weigh, weight, asked } = await serve(type, join(disk, 'data'))
    expect((await weigh(1)).status).toBe(200)
    const empty = fill(disk)
    let held = 1
    // What the store has claimed already may still be used.
    let refused = await weigh(2)
    for (; refused.status === 200 && held < 2_000; refused = await weigh(held + 1)) held += 1
    expect([refused.status, refused.code]).toEqual([507, 'store_full'])
    expect(refused.text).toContain('store.path')
    expect([await weight(), await asked()]).toEqual([held, 200])
    empty()
    expect((await weigh(5_000)).status).toBe(200)

    expect(await (await restarted(served)).weight()).toBe(5_000)
  })
})

function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** SQLite may be a process of its own. */
function childrenOf(pid: number): readonly string[] {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').split(' ').filter(Boolean))
}

describe.skipIf(!canLimit())('a process whose files may not grow, where there is prlimit of util-linux', () => {
  it.each([
    ['file', 507, 'store_full'],
    // SQLite does not say why it could not write.
    ['sqlite', 503, 'store_unavailable'],
  ] as const)('%s tells the writer, serves on, and heals', { timeout: 60_000 }, async (type, status, code) => {
    const { served, weigh, weight, asked } = await serve(type, join(await temporaryDirectory(), 'data'))
    const limit = (bytes: number | 'unlimited') => {
      for (const pid of [served.pid, ...childrenOf(served.pid)]) execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`])
    }
    expect((await weigh(1)).status).toBe(200)
    limit(1)
    const refused = await weigh(2)
    expect([refused.status, refused.code]).toEqual([status, code])
    expect([await weight(), await asked()]).toEqual([1, 200])
    limit('unlimited')
    expect((await weigh(3)).status).toBe(200)
    expect(await (await restarted(served)).weight()).toBe(3)
  })
})

describe('a store that is damaged while the gateway runs', () => {
  it.each(STORES)('%s loses nothing that was acknowledged, before or after', { timeout: 60_000 }, async (type) => {
    const path = join(await temporaryDirectory(), 'data')
    await mkdir(path, { recursive: true })
    const { served, weigh, weight, asked } = await serve(type, path)
    for (let n = 1; n <= 10; n += 1) expect((await weigh(n)).status).toBe(200)
    const folder = join(path, type === 'file' ? 'store' : '.')
    const names = readdirSync(folder).filter((name) => /^(?:commit-|jairouter\.db$)/.test(name))
    for (const name of names.toSorted().slice(-3)) truncateSync(join(folder, name), 10)
    const first = await weigh(11)
    // The file store has all of it in memory; a database is told of, and is as it was for the next one.
    expect([200, 503]).toContain(first.status)
    expect([await weight(), await asked()]).toEqual([first.status === 200 ? 11 : 10, 200])
    expect((await weigh(12)).status).toBe(200)
    expect(await (await restarted(served)).weight()).toBe(12)
  })
})
