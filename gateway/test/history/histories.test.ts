import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { openPostgresHistory } from '../../src/history/postgres/postgres-history.ts'
import { openSqliteHistory } from '../../src/history/sqlite/sqlite-history.ts'
import { startPostgres, type PostgresServer } from '../store/postgres-server.ts'
import { goBackInFile, goBackInPostgres, historyBefore } from './history-before.ts'
import { historyContract } from './history-contract.ts'

const root = mkdtempSync(join(tmpdir(), 'jairouter-history-'))
let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
}, 60_000)

historyContract('memory', { open: () => Promise.resolve(new MemoryHistory()) })
historyContract('sqlite', { open: () => Promise.resolve(openSqliteHistory({ folder: mkdtempSync(join(root, 'h-')), now: Date.now })) })
historyContract('postgres', { open: async () => openPostgresHistory({ url: await server.createPlace() }) })

historyBefore('sqlite', () => {
  const folder = mkdtempSync(join(root, 'h-'))
  return Promise.resolve({
    open: () => openSqliteHistory({ folder, now: Date.now }),
    goBack: () => goBackInFile(join(folder, 'history.db')),
  })
})
historyBefore('postgres', async () => {
  const url = await server.createPlace()
  return { open: () => openPostgresHistory({ url }), goBack: () => goBackInPostgres(url) }
})
