import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { FileStore } from '../../src/store/file/file-store.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { storeContract } from './store-contract.ts'

const root = mkdtempSync(join(tmpdir(), 'jairouter-stores-'))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const folders = new WeakMap<Store, string>()
const openFile = async (folder = mkdtempSync(join(root, 'file-'))) => {
  const store = await FileStore.open({ folder, now: Date.now })
  folders.set(store, folder)
  return store
}

storeContract('memory', { open: () => Promise.resolve(new MemoryStore()) })
storeContract('file', {
  open: () => openFile(),
  reopen: async (store) => {
    await store.close()
    return openFile(folders.get(store))
  },
})

const openSqlite = async (folder = mkdtempSync(join(root, 'sqlite-'))) => {
  const store = await openSqliteStore({ folder, now: Date.now })
  folders.set(store, folder)
  return store
}
storeContract('sqlite', {
  open: () => openSqlite(),
  reopen: async (store) => {
    await store.close()
    return openSqlite(folders.get(store))
  },
})
