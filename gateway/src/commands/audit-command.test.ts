import { expect, it } from 'vitest'
import { AUDIT_LOG, auditWrite } from '../auth/audit/audit-entry.ts'
import { verifyLog } from '../store/chain.ts'
import { MemoryStore } from '../store/memory-store.ts'
import type { Store } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'
import { auditCommand } from './audit-command.ts'

async function run(args: readonly string[], openStore: () => Promise<Store>): Promise<{ code: number; out: string; error: string }> {
  const lines = { out: '', error: '' }
  const code = await auditCommand(args, {
    openStore,
    verifyLog,
    write: (line) => void (lines.out += line),
    writeError: (line) => void (lines.error += line),
  })
  return { code, ...lines }
}

async function withEntries(count: number): Promise<MemoryStore> {
  const store = new MemoryStore()
  for (let index = 0; index < count; index += 1)
    await store.commit([auditWrite({ actor: { kind: 'cli' } }, { action: 'test', result: 'ok', time: index, after: { index } })])
  return store
}

it('tells that a log is whole, and closes the store', async () => {
  const store = await withEntries(3)
  expect(await run(['verify'], async () => store)).toEqual({ code: 0, out: 'The audit log is whole: 3 entries, 1 to 3.', error: '' })
  await expect(store.extent(AUDIT_LOG)).rejects.toThrow(StoreError)
  expect(await run(['verify'], () => withEntries(0))).toMatchObject({ code: 0, out: 'The audit log is empty.' })
})

it('tells where it is not', async () => {
  const store = await withEntries(3)
  const read = store.read.bind(store)
  store.read = async (log, query) =>
    (await read(log, query)).map((entry) => (entry.sequence === 2 ? { ...entry, body: { forged: true } } : entry))
  expect(await run(['verify'], async () => store)).toMatchObject({
    code: 1,
    error: expect.stringContaining('entry 2 is missing, or was changed'),
  })
})

it('says what a store that is held by another process wants', async () => {
  const held = () => Promise.reject(new StoreError('conflict', 'The store is in use.'))
  expect(await run(['verify'], held)).toEqual({
    code: 1,
    out: '',
    error: 'jairouter audit: The store is in use. Ask the gateway that holds it: POST /admin/api/audit/verify.',
  })
})

it.each([[[]], [['burn']], [['verify', '--what']]])('refuses %j', async (args) => {
  expect((await run(args, () => withEntries(0))).code).toBe(2)
})
