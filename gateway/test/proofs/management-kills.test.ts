import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { StoreAddress } from '../store/kill-rounds.ts'
import { startPostgres } from '../store/postgres-server.ts'
import { managementKills } from '../support/proofs/management-kills.ts'

/** The long form: `npx node bench/src/management-kills.ts`. */
const KILLS = 2
const WRITES = 40
const root = mkdtempSync(join(tmpdir(), 'jairouter-management-kills-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

async function survives(address: StoreAddress): Promise<void> {
  const { kills, acknowledged, failures } = await managementKills(address, { kills: KILLS, writes: WRITES })
  expect(failures).toEqual([])
  expect(kills).toBe(KILLS)
  expect(acknowledged).toBeGreaterThanOrEqual(KILLS)
}

it.each(['file', 'sqlite'] as const)(`%s: acknowledged writes are there after each of ${KILLS} kills`, { timeout: 180_000 }, (type) =>
  survives({ type, path: join(root, type) }),
)

it(`postgres: acknowledged writes are there after each of ${KILLS} kills`, { timeout: 180_000 }, async () => {
  const server = await startPostgres()
  try {
    await survives({ type: 'postgres', path: join(root, 'postgres'), url: await server.createPlace() })
  } finally {
    await server.stop()
  }
})
