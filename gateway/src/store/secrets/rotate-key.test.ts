import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryStore } from '../memory-store.ts'
import type { Store, Write } from '../port.ts'
import { rotateKey } from './rotate-key.ts'
import type { SecretBox } from './port.ts'
import { openSecretBox } from './secret-box.ts'

const HEX = 'ab'.repeat(32)
const BASE64 = Buffer.alloc(32, 7).toString('base64')
const DOCUMENTS = 250

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'jairouter-rotate-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function filled(box: SecretBox): Promise<MemoryStore> {
  const store = new MemoryStore()
  const writes = Array.from({ length: DOCUMENTS }, (_, n): Write => {
    const id = String(n)
    return {
      kind: 'put',
      collection: n % 2 === 0 ? 'even' : 'odd',
      id,
      body: { plain: n, list: [{ secret: box.seal(`s${n}`, `p:${n}`) }] },
    }
  })
  await store.commit([...writes, { kind: 'put', collection: 'plain', id: 'a', body: { text: 'sealed' } }])
  return store
}

/** Every secret, opened with what is in the environment and the folder. */
async function secretsOf(store: Store, box: SecretBox): Promise<readonly string[]> {
  const documents = [...(await store.list('even')), ...(await store.list('odd'))]
  return documents.map(({ id, body }) => {
    const [item] = body['list'] as readonly { readonly secret: string }[]
    return `${id} ${box.open(item?.secret ?? '', `p:${id}`)}`
  })
}

const EXPECTED = new Set(Array.from({ length: DOCUMENTS }, (_, n) => `${n} s${n}`))

/** Fails from the n-th commit on. */
function interruptedAt(store: Store, n: number): Store {
  let commits = 0
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'commit') return value.bind(target) as unknown
      return (writes: readonly Write[]) => {
        commits += 1
        return commits >= n ? Promise.reject(new Error('interrupted')) : target.commit(writes)
      }
    },
  })
}

describe('rotateKey', () => {
  it('seals everything with a new key file, and the old one may go afterwards', async () => {
    const path = folder()
    const store = await filled(await openSecretBox({ env: {}, path }))
    const plain = await store.get('plain', 'a')
    const { documents, keyId } = await rotateKey(store, { env: {}, path })
    expect([documents, await store.get('plain', 'a'), readdirSync(path).toSorted()]).toEqual([
      DOCUMENTS,
      plain,
      ['secret.key', 'secret.key.previous'],
    ])
    rmSync(join(path, 'secret.key.previous'))
    const box = await openSecretBox({ env: {}, path })
    expect([box.keyId, new Set(await secretsOf(store, box))]).toEqual([keyId, EXPECTED])
  })

  it('may be interrupted at every commit, and goes on', async () => {
    for (let n = 1; n <= 4; n += 1) {
      const path = folder()
      const store = await filled(await openSecretBox({ env: {}, path }))
      await expect(rotateKey(interruptedAt(store, n), { env: {}, path })).rejects.toThrow('interrupted')
      expect(new Set(await secretsOf(store, await openSecretBox({ env: {}, path })))).toEqual(EXPECTED)
      await rotateKey(store, { env: {}, path })
      rmSync(join(path, 'secret.key.previous'))
      expect(new Set(await secretsOf(store, await openSecretBox({ env: {}, path })))).toEqual(EXPECTED)
    }
  })

  it('goes on where it was interrupted between the two key files', async () => {
    const path = folder()
    const store = await filled(await openSecretBox({ env: {}, path }))
    writeFileSync(join(path, 'secret.key.previous'), readFileSync(join(path, 'secret.key')), { mode: 0o600 })
    await rotateKey(store, { env: {}, path })
    rmSync(join(path, 'secret.key.previous'))
    expect(new Set(await secretsOf(store, await openSecretBox({ env: {}, path })))).toEqual(EXPECTED)
  })

  it('goes from one variable to another, and says what it needs', async () => {
    const path = folder()
    const store = await filled(await openSecretBox({ env: { JAIROUTER_SECRET_KEY: HEX }, path }))
    await expect(rotateKey(store, { env: { JAIROUTER_SECRET_KEY: HEX }, path })).rejects.toMatchObject({
      message: expect.stringContaining('JAIROUTER_SECRET_KEY_PREVIOUS'),
    })
    const env = { JAIROUTER_SECRET_KEY: BASE64, JAIROUTER_SECRET_KEY_PREVIOUS: HEX }
    expect((await rotateKey(store, { env, path })).documents).toBe(DOCUMENTS)
    expect(new Set(await secretsOf(store, await openSecretBox({ env: { JAIROUTER_SECRET_KEY: BASE64 }, path })))).toEqual(EXPECTED)
    expect(readdirSync(path)).toEqual([])
  })

  it('reads again what somebody has written meanwhile', async () => {
    const path = folder()
    const box = await openSecretBox({ env: {}, path })
    const store = await filled(box)
    let disturbed = false
    const list = store.list.bind(store)
    store.list = async (collection, query) => {
      const page = await list(collection, query)
      if (!disturbed && collection === 'even') {
        disturbed = true
        await store.commit([{ kind: 'put', collection, id: '0', body: { list: [{ secret: box.seal('changed', 'p:0') }] } }])
      }
      return page
    }
    await rotateKey(store, { env: {}, path })
    rmSync(join(path, 'secret.key.previous'))
    expect(await secretsOf(store, await openSecretBox({ env: {}, path }))).toContain('0 changed')
  })
})
