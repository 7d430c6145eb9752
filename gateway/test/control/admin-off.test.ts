import { expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { ADMIN, startJoined } from '../support/start-joined.ts'

const PATHS = [
  '/admin',
  '/admin/',
  '/admin/api',
  '/admin/api/bootstrap',
  '/admin/api/me',
  '/openapi.json',
  '/swagger-ui',
  '/swagger-ui/index.html',
]

const statuses = (url: string) => Promise.all(PATHS.map(async (path) => (await ask(`${url}${path}`)).status))

it('admin.enabled: false leaves out all of it, with no link and no account', async () => {
  const joined = await startJoined({ config: { admin: { enabled: false, port: 0 } }, env: { JAIROUTER_ADMIN_PASSWORD: '' } })
  expect(joined.setup).toEqual({ state: 'ready' })
  for (const url of [joined.url, joined.adminUrl]) expect(new Set(await statuses(url))).toEqual(new Set([404]))
  const setup = { token: 'x', name: ADMIN.name, password: ADMIN.password }
  expect((await ask(`${joined.adminUrl}/admin/api/setup`, { body: setup })).status).toBe(404)
  expect((await ask(`${joined.adminUrl}/metrics`)).status).toBe(200)
  expect(await joined.opened.store.list('settings')).toEqual([])
  expect(await joined.opened.store.list('users')).toEqual([])
})

it('switched off while the gateway runs, it is gone at once', async () => {
  const joined = await startJoined()
  expect((await joined.api('/me')).status).toBe(200)
  const off = await joined.api('/settings/admin', { method: 'PATCH', body: { enabled: false } })
  expect(off.status).toBe(200)
  expect(new Set(await statuses(joined.url))).toEqual(new Set([404]))
})
