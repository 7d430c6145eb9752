import { expect, it } from 'vitest'
import { startJoined } from '../support/start-joined.ts'

const BACKENDS = ['gpu-1', 'gpu-2'].map((id) => ({
  id,
  type: 'vllm',
  url: 'http://127.0.0.1:9',
  models: ['m'],
  health: { enabled: false },
}))

it('expectations are read and replaced as a whole, checked, with a tag, by who may write the config', async () => {
  const joined = await startJoined({ config: { backends: BACKENDS, expect: [{ model: 'm', goesTo: ['gpu-1', 'gpu-2'] }] } })
  const before = await joined.api('/expectations')
  expect(before.json).toEqual({ expect: [{ model: 'm', goesTo: ['gpu-1', 'gpu-2'] }] })
  const tag = before.headers.get('etag') ?? ''
  const put = (list: unknown, headers: Record<string, string> = {}, as?: string) =>
    joined.api('/expectations', { method: 'PUT', body: { expect: list }, headers, ...(as === undefined ? {} : { as }) })
  const unmet = await put([{ model: 'm', goesTo: ['gpu-1'] }])
  expect(unmet).toMatchObject({
    status: 422,
    json: { code: 'invalid_config', errors: [{ pointer: expect.stringMatching(/^\/expect\/0/) }] },
  })
  const tried = await joined.api('/expectations?dryRun=true', { method: 'PUT', body: { expect: [] } })
  expect(tried.json).toMatchObject({ ok: true, changes: [{ path: expect.stringMatching(/^expect/) }] })
  const more = [
    { model: 'm', goesTo: ['gpu-1', 'gpu-2'] },
    { model: 'n', refused: true },
  ]
  expect(await put(more, { 'if-match': tag })).toMatchObject({ status: 200, json: { expect: more } })
  expect((await put([], { 'if-match': tag })).status).toBe(412)
  expect(joined.desk.state.config.expect).toHaveLength(2)
  expect((await joined.api('/config/export')).text).toContain('gpu-2')
  // What stands beside the list in the config is not to be reached through it.
  for (const method of ['PUT', 'PATCH'])
    expect((await joined.api('/expectations', { method, body: { expect: [], auth: { mode: 'none' } } })).status).toBe(400)
  const viewer = await joined.userOf('viewer')
  expect((await put([], {}, viewer.token)).status).toBe(403)
  const operator = await joined.userOf('operator')
  expect(await put([], {}, operator.token)).toMatchObject({ status: 200, json: { expect: [] } })
  expect(joined.desk.state.config.expect).toEqual([])
})

it('prices are a map by model, whatever a model is called', async () => {
  const joined = await startJoined({ config: { backends: BACKENDS, prices: { m: { input: 1 } } } })
  expect((await joined.api('/prices')).json).toEqual({ m: { input: 1 } })
  const patch = { source: { input: 2, output: 3 }, effective: { input: 4 } }
  expect(await joined.api('/prices', { method: 'PATCH', body: patch })).toMatchObject({ status: 200, json: { m: { input: 1 }, ...patch } })
  expect(joined.gateway.snapshot.prices).toMatchObject({ source: { input: 2 }, effective: { input: 4 } })
  expect((await joined.api('/prices', { method: 'PATCH', body: { m: null } })).json).toEqual(patch)
  expect((await joined.api('/prices', { method: 'PUT', body: { m: { input: -1 } } })).status).toBe(422)
})
