import { describe, expect, it } from 'vitest'
import type { MemoryStore } from '../../src/store/memory-store.ts'
import type { Write } from '../../src/store/port.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { openDesk, PASSWORD, SharedStore } from '../support/account-desk.ts'

class FaultyStore extends SharedStore {
  writes: 'kept' | 'refused' = 'kept'
  reads: 'answered' | 'refused' = 'answered'

  override commit(writes: readonly Write[]): Promise<number> {
    return this.writes === 'kept' ? super.commit(writes) : Promise.reject(new StoreError('unavailable', 'The store cannot be written'))
  }

  override get(...wanted: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
    return this.reads === 'answered' ? super.get(...wanted) : Promise.reject(new StoreError('unavailable', 'The store cannot be read'))
  }
}

describe('a store that fails', () => {
  it('makes no session, and ends none', async () => {
    const store = new FaultyStore()
    const desk = openDesk({ store })
    const { accessToken: token, refreshToken } = await desk.setUp()
    store.writes = 'refused'
    await expect(desk.signIn('root')).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(desk.signIn('root', 'wrong')).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(desk.ask('POST /session/refresh', { body: { refreshToken } })).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(desk.ask('DELETE /session', { token })).rejects.toMatchObject({ kind: 'unavailable' })
    expect((await desk.ask('GET /me', { token })).status).toBe(200)
    store.writes = 'kept'
    expect((await desk.ask('POST /session/refresh', { body: { refreshToken } })).status).toBe(200)
    expect((await desk.signIn('root')).status).toBe(200)
  })

  it('lets nobody in whom it can’t be asked about, and nobody out who is known', async () => {
    const store = new FaultyStore()
    const desk = openDesk({ store })
    const { accessToken: token } = await desk.setUp()
    expect((await desk.ask('GET /users', { token })).status).toBe(200)
    store.reads = 'refused'
    // As long as nothing has changed, as far as we know.
    expect((await desk.ask('GET /users', { token })).status).toBe(200)
    store.announce()
    await expect(desk.ask('GET /users', { token })).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(desk.accounts.authenticateUser(token)).rejects.toMatchObject({ kind: 'unavailable' })
    store.reads = 'answered'
    expect((await desk.ask('GET /users', { token })).status).toBe(200)
  })

  it('leaves the setup link good when the admin could not be kept', async () => {
    const store = new FaultyStore()
    const desk = openDesk({ store })
    const started = await desk.accounts.setup.begin(undefined)
    const body = { token: started.state === 'setup' ? started.token : '', name: 'root', password: PASSWORD }
    store.writes = 'refused'
    await expect(desk.ask('POST /setup', { body })).rejects.toMatchObject({ kind: 'unavailable' })
    store.writes = 'kept'
    expect((await desk.ask('POST /setup', { body })).status).toBe(201)
  })
})
