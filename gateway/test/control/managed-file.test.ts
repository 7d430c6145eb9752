import { expect, it } from 'vitest'
import { isObject, listOf } from '../../src/lib/json.ts'
import { askApi } from '../support/ask-api.ts'
import { eventually } from '../support/eventually.ts'
import { serveFile } from '../support/run-cli.ts'

const PASSWORD = 'the password of this test'
const backend = (weight: number) => ({
  id: 'a',
  type: 'vllm',
  url: 'http://127.0.0.1:9',
  models: ['m'],
  health: { enabled: false },
  weight,
})

async function serve(managed: 'file' | 'api') {
  const config = (weight: number) => ({ config: { managed }, store: { type: 'memory' as const }, backends: [backend(weight)] })
  const served = await serveFile(config(2), { env: { JAIROUTER_ADMIN_PASSWORD: PASSWORD } })
  const { json } = await askApi(served.url, 'POST /session', { body: { name: 'admin', password: PASSWORD } })
  const as = String(json['accessToken'])
  return {
    save: (weight: number) => served.save({ ...config(weight), server: { port: 0 } }),
    api: (target: string, body?: unknown) => askApi(served.url, target, { as, body }),
  }
}

it(
  'where the file alone says what the config is, a write gets 409 with the reason and a patch; the file is taken in',
  { timeout: 60_000 },
  async () => {
    const { api, save } = await serve('file')
    const weight = async () => (await api('GET /backends/a')).json['weight']
    for (const target of ['PATCH /backends/a', 'POST /config/apply']) {
      const body = target.startsWith('PATCH') ? { weight: 5 } : { patch: { backends: [backend(5)] } }
      const refused = await api(target, body)
      expect([target, refused.status, refused.code]).toEqual([target, 409, 'managed_by_file'])
      expect(refused.json['detail']).toContain('config.managed')
      const [patch] = listOf(refused.json['errors'])
      expect(isObject(patch) ? patch['message'] : '').toMatch(/^-.*2[\s\S]*^\+.*5/m)
    }
    expect((await api('DELETE /backends/a')).code).toBe('managed_by_file')
    expect((await api('POST /config/validate', { patch: { log: { level: 'debug' } } })).json).toMatchObject({ ok: true })
    // What is not in the file can be changed.
    expect((await api('POST /keys', { name: 'app' })).status).toBe(201)
    expect(await weight()).toBe(2)
    await save(7)
    await eventually(async () => expect(await weight()).toBe(7))
    expect((await api('GET /config/versions?limit=1')).json['items']).toMatchObject([{ number: 2, origin: 'file' }])
  },
)

it('otherwise the latest edit wins, whether it is the file’s or the API’s, and each is a version', { timeout: 60_000 }, async () => {
  const { api, save } = await serve('api')
  const weight = async () => (await api('GET /backends/a')).json['weight']
  expect((await api('PATCH /backends/a', { weight: 5 })).status).toBe(200)
  await save(7)
  await eventually(async () => expect(await weight()).toBe(7))
  expect((await api('PATCH /backends/a', { weight: 9 })).status).toBe(200)
  expect(await weight()).toBe(9)
  const { json } = await api('GET /config/versions')
  expect(listOf(json['items']).map((item) => (isObject(item) ? item['origin'] : ''))).toEqual(['api', 'file', 'api', 'file'])
})
