import { describe, expect, it } from 'vitest'
import { adapterRoutes } from '../../src/admin/adapters.ts'
import { backendRoutes } from '../../src/admin/backends.ts'
import { modelRoutes } from '../../src/admin/models.ts'
import { settingsRoutes } from '../../src/admin/server-settings.ts'
import { serviceRoutes } from '../../src/admin/services.ts'
import { isObject, objectsIn } from '../../src/lib/json.ts'
import { createFakeDesk, keptItem } from '../support/fake-desk.ts'
import { askAdmin, startAdmin, type AdminAskOptions } from '../support/start-admin.ts'

const SECRET = 'canary-sk-51c2f0'
const VARIABLE = 'canary-env-77a1'

const CONFIG = {
  backends: [
    { id: 'gpu-1', type: 'vllm', url: 'http://10.0.0.5:8000', apiKey: SECRET, weight: '${WEIGHT}', headers: { 'x-token': '${TOKEN}' } },
    { id: 'gpu-2', type: 'ollama', url: 'http://10.0.0.6:11434' },
  ],
  models: [{ name: 'org/smart', targets: [{ backend: 'gpu-1', model: 'Qwen/Qwen3-8B' }] }],
  adapters: { mine: { extends: 'vllm', headers: { authorization: '${TOKEN}' } }, yours: { extends: 'mine' } },
  auth: {
    mode: 'required',
    keys: [
      { name: 'ci', key: SECRET },
      { name: 'old', key: `${SECRET}-2` },
    ],
  },
}

async function start(config: Readonly<Record<string, unknown>> = CONFIG) {
  const desk = createFakeDesk(config, { WEIGHT: '7', TOKEN: VARIABLE })
  const ports = { desk, now: () => 0 }
  const routes = [
    ...backendRoutes(ports),
    ...modelRoutes(ports),
    ...serviceRoutes(ports),
    ...adapterRoutes(ports),
    ...settingsRoutes(ports),
  ]
  const admin = await startAdmin(routes)
  const ask = async (path: string, options: AdminAskOptions = {}) => {
    const asked = await askAdmin(admin, path, options)
    expect(asked.text).not.toContain('canary')
    return asked
  }
  const fieldsOf = async (path: string) => {
    const { json } = await ask(path)
    return isObject(json) ? json : {}
  }
  return { desk, ask, fieldsOf }
}

const masked = { set: true, last4: SECRET.slice(-4), from: 'file' }

describe('reading', () => {
  it('shows an item as it is written, its secret masked, with a tag and the version', async () => {
    const { ask } = await start()
    const { status, json, headers } = await ask('/backends/gpu-1')
    expect(status).toBe(200)
    expect(json).toEqual({ ...CONFIG.backends[0], apiKey: masked })
    expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/)
    expect(headers.get('x-jairouter-config-version')).toBe('1')
    expect((await ask('/backends/gpu-1', { headers: { 'if-none-match': headers.get('etag') ?? '' } })).status).toBe(304)
    expect((await ask('/backends/nothing')).json).toMatchObject({ code: 'not_found' })
  })

  it('shows what holds beside it, without what stands for a variable', async () => {
    const { fieldsOf } = await start()
    expect(await fieldsOf('/backends/gpu-1?include=effective')).toMatchObject({
      weight: '${WEIGHT}',
      effective: { weight: 7, refresh: 60_000, enabled: true, apiKey: masked, headers: { 'x-token': '${TOKEN}' } },
    })
    expect(await fieldsOf('/adapters/yours?include=effective')).toMatchObject({
      extends: 'mine',
      source: 'user',
      effective: { wire: 'openai', headers: { authorization: '${TOKEN}' } },
    })
  })

  it('lists, filters, sorts and pages', async () => {
    const { fieldsOf } = await start()
    const ids = async (query: string) => objectsIn((await fieldsOf(`/backends${query}`))['items']).map(({ id }) => id)
    expect(await ids('')).toEqual(['gpu-1', 'gpu-2'])
    expect(await ids('?sort=-id')).toEqual(['gpu-2', 'gpu-1'])
    expect(await ids('?type=ollama')).toEqual(['gpu-2'])
    expect(await ids('?q=10.0.0.5')).toEqual(['gpu-1'])
    const first = await fieldsOf('/backends?limit=1&include=effective')
    expect(first).toMatchObject({ total: { value: 2, exact: true }, items: [{ id: 'gpu-1', effective: { weight: 7 } }] })
    expect(await ids(`?limit=1&cursor=${String(first['next'])}`)).toEqual(['gpu-2'])
  })

  it('takes names with slashes, encoded or not', async () => {
    const { ask } = await start()
    for (const path of ['/models/org/smart', '/models/org%2Fsmart'])
      expect((await ask(path)).json).toMatchObject({ name: 'org/smart', targets: [{ backend: 'gpu-1' }] })
  })

  it('lists built-in adapters beside the user’s', async () => {
    const { fieldsOf } = await start()
    const items = objectsIn((await fieldsOf('/adapters?limit=500'))['items'])
    expect(items.filter(({ source }) => source === 'user').map(({ id }) => id)).toEqual(['mine', 'yours'])
    expect(items.find(({ id }) => id === 'vllm')).toMatchObject({ source: 'builtin', wire: 'openai' })
  })
})

describe('adding', () => {
  it('puts it at the end, says where it is, and is a change with a name', async () => {
    const { ask, desk } = await start()
    const body = { id: 'gpu-3', type: 'vllm', url: 'http://10.0.0.7:8000' }
    const { status, json, headers } = await ask('/backends', { body })
    expect([status, json]).toEqual([201, body])
    expect(new URL(headers.get('location') ?? '', 'http://gw/team/admin/api/backends').pathname).toBe('/team/admin/api/backends/gpu-3')
    expect(desk.requests).toMatchObject([
      {
        change: { edits: [{ op: 'put', path: ['backends', { id: 'gpu-3' }], value: body }] },
        action: 'backend.create',
        target: 'backends/gpu-3',
        origin: { actor: { name: 'a admin' } },
      },
    ])
    expect((await ask('/backends', { body })).json).toMatchObject({ status: 409, code: 'already_exists' })
  })

  it('encodes a name in its location', async () => {
    const { ask } = await start()
    const { headers } = await ask('/models', { body: { name: 'a/b c'.replace(' ', ''), targets: [{ backend: 'gpu-2' }] } })
    expect(headers.get('location')).toBe('models/a%2Fbc')
  })

  it.each([
    ['a field of the wrong kind', { type: 'vllm', url: 'http://x', weight: 'much' }, '/weight'],
    ['a field that is missing', { url: 'http://x' }, '/type'],
    ['an unknown field', { type: 'vllm', url: 'http://x', wieght: 1 }, '/wieght'],
    ['a fault deep inside', { type: 'vllm', url: 'http://x', health: { interval: 5 } }, '/health/interval'],
  ])('is refused for %s, with a pointer into what was sent', async (_, body, pointer) => {
    const { ask, desk } = await start()
    const { status, json } = await ask('/backends', { body: { id: 'new', ...body } })
    expect(status).toBe(422)
    expect(json).toMatchObject({ code: 'invalid_config', errors: [{ pointer }] })
    expect(desk.raw()).toBe(CONFIG)
  })

  it('is refused before the desk where it has no possible name', async () => {
    const { ask } = await start()
    for (const body of [{ type: 'vllm' }, { id: 'a b', type: 'vllm' }])
      expect((await ask('/backends', { body })).json).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/id' }] })
  })
})

describe('changing', () => {
  it('touches what is named and leaves the rest as it is written', async () => {
    const { ask, desk } = await start()
    const { json } = await ask('/backends/gpu-1', { method: 'PATCH', body: { enabled: false, headers: { 'x-a': 'b' } } })
    expect(json).toMatchObject({ enabled: false, weight: '${WEIGHT}', apiKey: masked, headers: { 'x-token': '${TOKEN}', 'x-a': 'b' } })
    expect(desk.requests[0]?.change).toEqual({
      edits: [{ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { enabled: false, headers: { 'x-a': 'b' } } }],
    })
    await ask('/backends/gpu-1', { method: 'PATCH', body: { enabled: null, apiKey: null } })
    expect(keptItem(desk, 'backends', 'gpu-1')).toEqual({
      ...CONFIG.backends[0],
      apiKey: undefined,
      headers: { 'x-token': '${TOKEN}', 'x-a': 'b' },
    })
  })

  it('gives back what was read and changes nothing but what differs: secrets and variables stay', async () => {
    const { ask, fieldsOf, desk } = await start()
    const read = await fieldsOf('/backends/gpu-1')
    expect((await ask('/backends/gpu-1', { method: 'PUT', body: read })).status).toBe(200)
    expect(desk.requests).toEqual([])
    await ask('/backends/gpu-1', { method: 'PUT', body: { ...read, type: 'openai-compatible', headers: {} } })
    expect(keptItem(desk, 'backends', 'gpu-1')).toEqual({ ...CONFIG.backends[0], type: 'openai-compatible', headers: {} })
  })

  it('sets a secret, and does not keep one that is not there', async () => {
    const { ask, desk } = await start()
    await ask('/backends/gpu-1', { method: 'PATCH', body: { apiKey: 'sk-new-9876' } })
    expect(keptItem(desk, 'backends', 'gpu-1')).toMatchObject({ apiKey: 'sk-new-9876' })
    expect((await ask('/backends/gpu-2', { method: 'PATCH', body: { apiKey: masked } })).json).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/apiKey' }],
    })
  })

  it('adds with PUT what is not there, and can’t rename', async () => {
    const { ask } = await start()
    expect((await ask('/backends/gpu-9', { method: 'PUT', body: { type: 'vllm', url: 'http://x' } })).status).toBe(201)
    expect((await ask('/backends/gpu-9', { method: 'PATCH', body: { id: 'gpu-8' } })).json).toMatchObject({ errors: [{ pointer: '/id' }] })
    expect((await ask('/backends/gpu-8', { method: 'PATCH', body: { weight: 1 } })).status).toBe(404)
  })

  it('heeds conditions', async () => {
    const { ask, desk } = await start()
    const tag = (await ask('/backends/gpu-1')).headers.get('etag') ?? ''
    const patch = (condition: Record<string, string>, path = '/backends/gpu-1') =>
      ask(path, { method: 'PATCH', body: { priority: 2 }, headers: condition })
    const changed = await patch({ 'if-match': tag })
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(tag)
    expect((await patch({ 'if-match': tag })).json).toMatchObject({ status: 412, code: 'precondition_failed' })
    expect((await patch({ 'if-match': `W/${changed.headers.get('etag')}` })).status).toBe(412)
    expect((await patch({ 'if-match': '*' }, '/backends/none')).status).toBe(412)
    expect((await ask('/backends/gpu-1', { method: 'PUT', body: { type: 'vllm' }, headers: { 'if-none-match': '*' } })).status).toBe(412)
    expect((await ask('/backends/gpu-1', { method: 'DELETE', headers: { 'if-match': tag } })).status).toBe(412)
    expect(desk.requests).toHaveLength(1)
  })

  it('loses nothing where somebody else was quicker', async () => {
    const { ask, desk } = await start()
    desk.meanwhile = () => desk.put({ ...CONFIG, backends: [{ ...CONFIG.backends[0], priority: 3 }, CONFIG.backends[1]] })
    expect((await ask('/backends/gpu-1', { method: 'PATCH', body: { enabled: false } })).json).toMatchObject({
      enabled: false,
      priority: 3,
    })

    const tag = (await ask('/backends/gpu-2')).headers.get('etag') ?? ''
    desk.meanwhile = () => desk.put({ ...desk.raw(), backends: [{ ...CONFIG.backends[1], priority: 4 }, CONFIG.backends[0]] })
    const late = await ask('/backends/gpu-2', { method: 'PATCH', body: { weight: 2 }, headers: { 'if-match': tag } })
    expect(late.status).toBe(412)
    expect(keptItem(desk, 'backends', 'gpu-2')).toMatchObject({ priority: 4 })
  })

  it('can be tried out', async () => {
    const { ask, desk } = await start()
    expect((await ask('/backends/gpu-1?dryRun=true', { method: 'PATCH', body: { weight: 2 } })).json).toEqual({
      ok: true,
      diagnostics: [],
      changes: [{ op: 'changed', path: 'backends' }],
      unified: '@@',
    })
    expect((await ask('/backends?dryRun=true', { body: { id: 'x', type: 'vllm', weight: 'w' } })).json).toMatchObject({
      ok: false,
      diagnostics: [{ pointer: '/weight' }],
    })
    expect((await ask('/backends/gpu-1?dryRun=true', { method: 'DELETE' })).json).toMatchObject({ ok: false })
    expect(desk.raw()).toBe(CONFIG)
  })
})

describe('deleting', () => {
  it('says what else needs it', async () => {
    const { ask, desk } = await start()
    expect((await ask('/backends/gpu-1', { method: 'DELETE' })).json).toMatchObject({
      status: 409,
      code: 'in_use',
      params: { neededBy: ['/models/0/targets/0/backend'] },
      errors: [{ pointer: '', message: '/models/0/targets/0/backend: unknown backend "gpu-1"' }],
    })
    expect((await ask('/models/org/smart', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/backends/gpu-1', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/backends/gpu-1', { method: 'DELETE' })).status).toBe(404)
    expect(desk.raw()).toMatchObject({ backends: [{ id: 'gpu-2' }], models: [] })
    expect(desk.requests.map(({ action, target }) => [action, target])).toEqual([
      ['model.delete', 'models/org/smart'],
      ['backend.delete', 'backends/gpu-1'],
    ])
  })
})

describe('adapters', () => {
  it('can be added, changed and removed, but for those that are built in', async () => {
    const { ask, desk, fieldsOf } = await start()
    expect((await ask('/adapters', { body: { id: 'third', extends: 'vllm', label: 'A' } })).json).toEqual({
      id: 'third',
      source: 'user',
      extends: 'vllm',
      label: 'A',
    })
    expect((await ask('/adapters/third', { method: 'PUT', body: await fieldsOf('/adapters/third?include=effective') })).status).toBe(200)
    await ask('/adapters/third', { method: 'PATCH', body: { label: 'B' } })
    expect(desk.raw()['adapters']).toMatchObject({ third: { extends: 'vllm', label: 'B' } })
    expect(JSON.stringify(desk.raw()['adapters'])).not.toContain('source')
    expect((await ask('/adapters/third', { method: 'DELETE' })).status).toBe(204)
    for (const [method, path, body] of [
      ['PUT', '/adapters/vllm', {}],
      ['PATCH', '/adapters/vllm', {}],
      ['DELETE', '/adapters/vllm', undefined],
      ['POST', '/adapters', { id: 'vllm' }],
    ] as const)
      expect((await ask(path, { method, ...(body === undefined ? {} : { body }) })).json).toMatchObject({ status: 409, code: 'read_only' })
  })
})

describe('policies and settings', () => {
  it('are there where nothing is written, and are written where they are changed', async () => {
    const { ask, desk } = await start()
    const { json, headers } = await ask('/services/chat')
    expect(json).toEqual({})
    const changed = await ask('/services/chat', {
      method: 'PATCH',
      body: { balance: 'random' },
      headers: { 'if-match': headers.get('etag') ?? '' },
    })
    expect([changed.status, changed.json]).toEqual([200, { balance: 'random' }])
    expect((await ask('/services')).json).toMatchObject({ chat: { balance: 'random' }, rerank: {} })
    expect((await ask('/services/chat', { method: 'PUT', body: { retry: { attempts: 2 } } })).json).toEqual({ retry: { attempts: 2 } })
    expect((await ask('/services/chat', { method: 'DELETE' })).status).toBe(204)
    expect(desk.raw()['services']).toEqual({})
    expect((await ask('/services/cooking')).status).toBe(404)
    expect((await ask('/defaults', { method: 'PATCH', body: { retry: { attempts: 99 } } })).json).toMatchObject({
      errors: [{ pointer: '/retry/attempts' }],
    })
  })

  it('keeps the keys of a list by their names', async () => {
    const { ask, fieldsOf, desk } = await start()
    const { keys } = await fieldsOf('/settings/auth')
    expect(keys).toEqual([
      { name: 'ci', key: masked },
      { name: 'old', key: { ...masked, last4: 'f0-2' } },
    ])
    const body = {
      keys: [
        { name: 'ci', key: masked, models: ['a'] },
        { name: 'new', key: 'sk-12345678' },
      ],
    }
    expect((await ask('/settings/auth', { method: 'PATCH', body })).status).toBe(200)
    expect(desk.raw()['auth']).toEqual({
      mode: 'required',
      keys: [
        { name: 'ci', key: SECRET, models: ['a'] },
        { name: 'new', key: 'sk-12345678' },
      ],
    })
    const unknown = { keys: [{ name: 'other', key: masked }] }
    expect((await ask('/settings/auth', { method: 'PATCH', body: unknown })).json).toMatchObject({ errors: [{ pointer: '/keys/0/key' }] })
  })

  it('leaves to admins who may come in', async () => {
    const { ask, desk } = await start()
    const patch = (path: string, body: unknown) => ask(path, { method: 'PATCH', body, as: 'operator' })
    expect((await patch('/settings/auth', { mode: 'none' })).json).toMatchObject({
      code: 'permission_denied',
      params: { permission: 'config.security' },
    })
    expect((await patch('/settings/server', { bodyLimit: '1mb' })).status).toBe(200)
    expect(desk.requests.map(({ action, target }) => [action, target])).toEqual([['settings.update', 'settings/server']])
    expect((await ask('/settings')).json).toMatchObject({ server: { bodyLimit: '1mb' }, auth: { mode: 'required' }, log: {} })
  })
})
