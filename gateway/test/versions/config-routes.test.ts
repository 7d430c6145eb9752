import { describe, expect, it } from 'vitest'
import type { Role } from '@jairouter/contract/management/roles'
import { configVersionRoutes } from '../../src/admin/config-versions.ts'
import type { AdminAnswer, AnyRoute } from '../../src/admin/route.ts'
import type { OpenDesk } from '../../src/versions/open-desk.ts'
import { ADMIN, openTestDesk, testClock, type TestClock } from '../support/open-test-desk.ts'
import { memoryReplicas } from '../support/memory-replicas.ts'

const TEXT = 'backends:\n  # the first\n  - { id: a, type: vllm, url: "http://a:8000", weight: 3 }\n'
const CANARY = 'sk-canary-0123456789abcdef'

interface Asked {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string>>
  readonly ifMatch?: string
  readonly dryRun?: boolean
  readonly role?: Role
}

interface Api {
  readonly routes: readonly AnyRoute[]
  readonly desk: OpenDesk
  readonly clock: TestClock
  call(method: string, path: string, asked?: Asked): Promise<AdminAnswer>
}

async function start(text = TEXT): Promise<Api> {
  const clock = testClock()
  const { desk } = await openTestDesk({ store: memoryReplicas().open(), clock, env: { CANARY }, file: () => ({ text }) })
  const effect = async (before: { backends: readonly unknown[] }, after: { backends: readonly unknown[] }) =>
    Promise.resolve({ was: before.backends.length, is: after.backends.length })
  const routes = configVersionRoutes({ desk, drafts: desk.drafts, now: clock.now, hooks: { effect } })
  return { routes, desk, clock, call: (method, path, asked) => call(routes, `${method} ${path}`, asked) }
}

/** As the management API does it: read by the route's schemas, and answered as they say. */
async function call(
  routes: readonly AnyRoute[],
  line: string,
  { body, query = {}, ifMatch, dryRun = false, role = 'admin' }: Asked = {},
): Promise<AdminAnswer> {
  const [method, path = ''] = line.split(' ')
  const { route, params } = routes
    .map((route) => ({ route, params: paramsOf(route.path, path) }))
    .find(({ route, params }) => route.method === method && params !== undefined) ?? { route: undefined, params: undefined }
  if (route === undefined) throw new Error(`there is no ${line}`)
  const actor = { kind: 'user', id: `id-${role}`, name: role, role, sessionId: 's' } as const
  const answer = await route.handle({
    params: route.params?.parse(params),
    query: route.query?.parse(query),
    body: route.body?.parse(body),
    headers: {},
    actor,
    origin: { ...ADMIN, actor },
    requestId: 'r',
    address: '127.0.0.1',
    ifMatch,
    dryRun,
    signal: new AbortController().signal,
  })
  const { schema } = route.answers[answer.status ?? 200] ?? {}
  // The hook of this test answers something of its own.
  if (schema !== undefined && !path.endsWith('/validate')) schema.parse(answer.body)
  return answer
}

function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(':')) params[part.slice(1)] = given[index] ?? ''
    else if (part !== given[index]) return undefined
  }
  return params
}

const patch = (weight: number) => ({ edits: [{ op: 'merge', path: ['backends', { id: 'a' }], value: { weight } }] })

describe('the config over the management API', () => {
  it('is read with the tag of its version, tried and changed under it', async () => {
    const { call } = await start()
    expect(await call('GET', '/config')).toMatchObject({
      etag: 'v1',
      body: { text: TEXT, managed: 'api', version: { number: 1, current: true } },
    })
    const tried = await call('POST', '/config/validate', { body: patch(5) })
    expect(tried.body).toMatchObject({ ok: true, changes: [{ path: 'backends[a].weight' }], effect: { was: 1, is: 1 } })
    expect(await call('POST', '/config/apply', { body: patch(5), dryRun: true })).toMatchObject({ etag: 'v1', body: { ok: true } })
    expect(await call('POST', '/config/apply', { body: { ...patch(5), message: 'more' }, ifMatch: 'v1' })).toMatchObject({
      etag: 'v2',
      body: { ok: true, version: { number: 2, message: 'more', author: 'admin', origin: 'api' } },
    })
    await expect(call('POST', '/config/apply', { body: patch(6), ifMatch: 'v1' })).rejects.toMatchObject({
      code: 'precondition_failed',
      params: { version: 2, author: 'admin' },
    })
    await expect(call('POST', '/config/apply', { body: patch(6), ifMatch: 'other' })).rejects.toMatchObject({ code: 'precondition_failed' })
    expect(await call('GET', '/config/text')).toMatchObject({
      etag: 'v2',
      headers: { 'content-type': 'application/yaml' },
      body: TEXT.replace('3', '5'),
    })
  })

  it('takes text, and gives it away without secrets', async () => {
    const { call } = await start()
    const text = TEXT.replace('weight: 3', `apiKey: ${CANARY}`)
    expect(await call('POST', '/config/import', { body: text })).toMatchObject({ body: { version: { message: 'Imported' } } })
    const exported = await call('GET', '/config/export')
    expect(exported).toMatchObject({ headers: { 'content-disposition': 'attachment; filename="jairouter-v2.yaml"' } })
    expect(exported.body).toMatch(/apiKey: \$\{secret:|apiKey: "\$\{secret:/)
    // What was exported can be imported again, and keeps its secrets.
    await call('PUT', '/config/text', { body: `${String(exported.body)}# again\n`, ifMatch: 'v2' })
    expect(await call('GET', '/config/export', { query: { version: '1' } })).toMatchObject({ body: TEXT })
    const all = [
      await call('GET', '/config'),
      await call('GET', '/config/diff', { query: { from: '1' } }),
      await call('GET', '/config/versions/3'),
    ]
    expect(JSON.stringify(all)).not.toContain(CANARY)
    expect(all[0]).toMatchObject({ body: { written: { backends: [{ apiKey: { set: true, last4: 'cdef', from: 'stored' } }] } } })
  })

  it('has versions', async () => {
    const { call } = await start()
    for (const weight of [4, 5, 6]) await call('POST', '/config/apply', { body: patch(weight) })
    expect(await call('GET', '/config/versions', { query: { limit: '2' } })).toMatchObject({
      body: {
        items: [
          { number: 4, current: true },
          { number: 3, current: false },
        ],
        next: '3',
      },
    })
    const last = await call('GET', '/config/versions', { query: { limit: '2', cursor: '3' } })
    expect(last.body).toMatchObject({ items: [{ number: 2 }, { number: 1 }] })
    expect(last.body).not.toHaveProperty('next')
    expect(await call('POST', '/config/versions/2/rollback', { body: {} })).toMatchObject({
      etag: 'v5',
      body: { version: { restores: 2, origin: 'rollback' } },
    })
    expect(await call('GET', '/config/blame', { query: { path: 'backends[a].weight' } })).toMatchObject({
      body: { value: 4, version: { number: 5 } },
    })
    await expect(call('GET', '/config/blame', { query: { path: 'nothing' } })).rejects.toMatchObject({ code: 'not_found' })
    expect(await call('GET', '/config/diff', { query: { from: '1', to: '3' } })).toMatchObject({
      body: { changes: [{ before: 3, after: 5 }] },
    })
    expect(await call('DELETE', '/config/versions/2')).toMatchObject({ status: 204 })
    await expect(call('DELETE', '/config/versions/5')).rejects.toMatchObject({ code: 'current_version' })
    await expect(call('GET', '/config/versions/2')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('has versions that are found by who made them, how, and what they say of it', async () => {
    const { call } = await start()
    for (let weight = 2; weight <= 9; weight += 1)
      await call('POST', '/config/apply', { body: { ...patch(weight), message: weight % 2 === 0 ? 'Even' : 'Odd' } })
    await call('POST', '/config/versions/2/rollback', { body: {} })
    const numbers = async (query: Readonly<Record<string, string>>) => {
      const { body } = await call('GET', '/config/versions', { query })
      const { items, next } = body as { readonly items: readonly { readonly number: number }[]; readonly next?: string }
      return [items.map(({ number }) => number), next]
    }
    expect(await numbers({ q: 'even', limit: '2', sort: '-number' })).toEqual([[8, 6], '6'])
    expect(await numbers({ q: 'even', limit: '2', cursor: '6' })).toEqual([[4, 2], undefined])
    expect(await numbers({ origin: 'rollback' })).toEqual([[10], undefined])
    expect(await numbers({ author: 'nobody' })).toEqual([[], undefined])
    await expect(call('GET', '/config/versions', { query: { sort: 'number' } })).rejects.toThrow()
  })

  it('waits for a confirmation, and comes back without one', async () => {
    const { call, clock, desk } = await start()
    await call('POST', '/config/apply', { body: { ...patch(5), confirmWithin: '1m' } })
    expect(await call('GET', '/config')).toMatchObject({ body: { confirm: { revertsTo: 1, by: '2027-01-01T00:01:00.000Z' } } })
    expect(await call('POST', '/config/confirm')).toMatchObject({ etag: 'v2' })
    await call('POST', '/config/apply', { body: { ...patch(6), confirmWithin: '1m' } })
    expect(await call('POST', '/config/revert')).toMatchObject({ etag: 'v4', body: { restores: 2 } })
    await call('POST', '/config/apply', { body: { ...patch(7), confirmWithin: '1m' } })
    clock.pass(60_000)
    await desk.validate({ edits: [] })
    expect(await call('GET', '/config')).toMatchObject({ etag: 'v6', body: { version: { author: 'system' } } })
  })

  it('has a draft for each, that is applied once', async () => {
    const { call } = await start()
    await expect(call('GET', '/config/drafts')).rejects.toMatchObject({ code: 'not_found' })
    const first = await call('PATCH', '/config/drafts', { body: { patch: { server: { port: 9000 } } } })
    expect(first).toMatchObject({ body: { base: 1, changes: [{ op: 'added', path: 'server' }] } })
    await expect(call('PUT', '/config/drafts', { body: { text: '# mine\n' }, ifMatch: 'd0' })).rejects.toMatchObject({
      code: 'precondition_failed',
    })
    const { etag = '' } = await call('PUT', '/config/drafts', { body: { text: `${TEXT}# mine\n` }, ifMatch: first.etag ?? '' })
    expect(etag).not.toBe(first.etag)
    await expect(call('GET', '/config/drafts', { role: 'operator' })).rejects.toMatchObject({ code: 'not_found' })
    await call('POST', '/config/apply', { body: patch(9) })
    await expect(call('POST', '/config/apply', { body: { draft: true } })).rejects.toMatchObject({ code: 'conflict' })
    await call('PUT', '/config/drafts', { body: { text: `${TEXT}# mine\n`, base: 2 } })
    expect(await call('POST', '/config/apply', { body: { draft: true } })).toMatchObject({
      body: { version: { number: 3, author: 'admin' } },
    })
    await expect(call('POST', '/config/apply', { body: { draft: true } })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('lets only an admin change who may come in, by whatever way', async () => {
    const { call } = await start()
    const asOperator = (method: string, path: string, asked: Asked) => call(method, path, { ...asked, role: 'operator' })
    const denied = { code: 'permission_denied' }
    await expect(asOperator('POST', '/config/apply', { body: { patch: { auth: { mode: 'none' } } } })).rejects.toMatchObject(denied)
    await expect(asOperator('POST', '/config/import', { body: `${TEXT}config: { managed: file }\n` })).rejects.toMatchObject(denied)
    expect(await asOperator('POST', '/config/apply', { body: patch(5) })).toMatchObject({ body: { version: { author: 'operator' } } })
    await call('POST', '/config/apply', {
      body: { patch: { auth: { mode: 'required', keys: [{ name: 'k', key: CANARY }] } }, confirmWithin: '1m' },
    })
    await expect(asOperator('POST', '/config/confirm', {})).rejects.toMatchObject(denied)
    await expect(asOperator('POST', '/config/revert', {})).rejects.toMatchObject(denied)
    await call('POST', '/config/confirm')
    await expect(asOperator('POST', '/config/versions/2/rollback', { body: {} })).rejects.toMatchObject(denied)
  })

  it('lets only an admin bring the environment, or the secret of an adapter, to another place', async () => {
    const adapters = 'adapters: { mine: { extends: vllm, headers: { authorization: Bearer-4711 } } }\n'
    const { call } = await start(`backends:\n  - { id: a, type: mine, url: "http://a:8000", apiKey: "\${CANARY}" }\n${adapters}`)
    const edit = (value: unknown) => ({ edits: [{ op: 'merge', path: ['backends', { id: 'a' }], value }] })
    const other = { edits: [{ op: 'put', path: ['backends', { id: 'b' }], value: { id: 'b', type: 'mine', url: 'http://b:8000' } }] }
    const bodies = [edit({ url: 'http://evil:8000' }), edit({ models: ['${CANARY}'] }), edit({ headers: { 'x-a': '${CANARY}' } }), other]
    for (const body of bodies) {
      const denied = { code: 'permission_denied', params: { permission: 'config.security' } }
      await expect(call('POST', '/config/apply', { body, role: 'operator' })).rejects.toMatchObject(denied)
      await expect(call('POST', '/config/apply', { body, role: 'operator', dryRun: true })).rejects.toMatchObject(denied)
      await expect(call('POST', '/config/validate', { body, role: 'viewer' })).rejects.toMatchObject(denied)
      expect(await call('POST', '/config/validate', { body })).toMatchObject({ body: { ok: true } })
    }
    await call('POST', '/config/apply', { body: edit({ weight: 2 }), role: 'operator' })
    await call('POST', '/config/apply', { body: edit({ url: 'http://other:8000' }) })
    // It went there before.
    await call('POST', '/config/versions/2/rollback', { body: {}, role: 'operator' })
  })

  it('reads large texts for those alone who may put them in force', async () => {
    const { call } = await start()
    const text = `${TEXT}# ${'x'.repeat(70_000)}\n`
    await expect(call('POST', '/config/validate', { body: { text }, role: 'viewer' })).rejects.toMatchObject({ code: 'request_too_large' })
    expect(await call('POST', '/config/validate', { body: { text: `${TEXT}# x\n` }, role: 'viewer' })).toMatchObject({ body: { ok: true } })
    expect(await call('POST', '/config/validate', { body: { text }, role: 'operator' })).toMatchObject({ body: { ok: true } })
  })

  it('tells of a hundred unknown keys, and not of each of very many', async () => {
    const { call } = await start()
    const text = Array.from({ length: 500 }, (_, index) => `key${index}: 1\n`).join('')
    const { body } = await call('POST', '/config/validate', { body: { text } })
    expect(body).toMatchObject({ ok: false })
    expect(Reflect.get(Object(body), 'diagnostics')).toHaveLength(100)
  })

  it('is described by examples that its own schemas take', async () => {
    const { routes } = await start()
    for (const { example, body, answers, summary } of routes) {
      if (example?.request !== undefined) expect(() => body?.parse(example.request), summary).not.toThrow()
      if (example?.answer !== undefined) expect(() => answers[200]?.schema?.parse(example.answer), summary).not.toThrow()
    }
  })
})
