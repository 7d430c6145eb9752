import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { killRounds, type StoreAddress } from './kill-rounds.ts'
import { startPostgres } from './postgres-server.ts'

/** The long form: `npx node bench/src/store-kills.ts`. */
const KILLS = 6
const COMMITS = 100
const root = mkdtempSync(join(tmpdir(), 'jairouter-kills-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

async function survives(address: StoreAddress): Promise<void> {
  const { kills, acknowledged, failures } = await killRounds(address, { kills: KILLS, commits: COMMITS })
  expect(failures).toEqual([])
  expect(kills).toBe(KILLS)
  expect(acknowledged).toBeGreaterThan(KILLS)
}

it(`file: what was acknowledged is there after each of ${KILLS} kills`, { timeout: 120_000 }, () =>
  survives({ type: 'file', path: join(root, 'file') }),
)

it(`sqlite: what was acknowledged is there after each of ${KILLS} kills`, { timeout: 120_000 }, () =>
  survives({ type: 'sqlite', path: join(root, 'sqlite') }),
)

it(`postgres: what was acknowledged is there after each of ${KILLS} kills`, { timeout: 120_000 }, async () => {
  const server = await startPostgres()
  try {
    await survives({ type: 'postgres', path: root, url: await server.createPlace() })
  } finally {
    await server.stop()
  }
})
