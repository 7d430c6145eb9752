import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AdminProblem, defineRoute, type AnyRoute } from '../../src/admin/route.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { DeskProblem } from '../../src/versions/config-desk.ts'
import { eventually } from '../support/eventually.ts'
import { rawExchange } from '../support/raw-exchange.ts'
import { actorByRole, askAdmin, startAdmin } from '../support/start-admin.ts'
import { startedOnce } from '../support/when-over.ts'

const CANARY = 'canary-7f3a91'

const rest = { tag: 'demo', summary: 'A route of this test', answers: { 200: { description: 'Done' } } } as const
const thrown = (path: string, error: () => unknown) =>
  defineRoute({
    ...rest,
    method: 'POST',
    path,
    permission: 'config.write',
    handle: () => {
      throw error()
    },
  })

let closed = 0
const routes: readonly AnyRoute[] = [
  defineRoute({
    ...rest,
    method: 'GET',
    path: '/things',
    permission: 'config.read',
    handle: () => ({ body: { items: ['a'] }, etag: 't1' }),
  }),
  defineRoute({
    ...rest,
    method: 'POST',
    path: '/things',
    permission: 'config.write',
    canDryRun: true,
    query: z.strictObject({ note: z.string().max(3).optional() }),
    body: z.strictObject({ name: z.string().min(2), size: z.int().optional(), kind: z.enum(['small', 'large']).optional() }),
    handle: ({ body, dryRun, query }) => ({ status: 201, body: { body, dryRun, query } }),
  }),
  defineRoute({
    ...rest,
    method: 'PATCH',
    path: '/things/:id',
    permission: 'config.write',
    params: z.object({ id: z.string() }),
    body: z.record(z.string(), z.unknown()),
    handle: ({ params, ifMatch, body, origin }) => ({ body: { params, ifMatch, body, origin } }),
  }),
  defineRoute({ ...rest, method: 'DELETE', path: '/things/:id', permission: 'config.write', handle: () => ({}) }),
  defineRoute({ ...rest, method: 'GET', path: '/things/export', permission: 'config.read', handle: () => ({ body: 'export' }) }),
  defineRoute({ ...rest, method: 'GET', path: '/things/:id', permission: 'config.read', handle: ({ params }) => ({ body: params }) }),
  defineRoute({ ...rest, method: 'GET', path: '/open', permission: 'public', handle: ({ actor }) => ({ body: { actor: actor ?? null } }) }),
  defineRoute({
    ...rest,
    method: 'POST',
    path: '/yaml',
    permission: 'config.write',
    bodyType: 'application/yaml',
    body: z.string(),
    handle: ({ body }) => ({ body, headers: { 'content-type': 'application/yaml' } }),
  }),
  defineRoute({
    ...rest,
    method: 'GET',
    path: '/stream',
    permission: 'config.read',
    handle: ({ signal }) => {
      const stream = new Readable({ read() {} })
      stream.push('data: 1\n\n')
      signal.addEventListener('abort', () => void (closed += 1))
      return { stream, headers: { 'content-type': 'text/event-stream' } }
    },
  }),
  thrown('/fails/unknown', () => new Error(`cannot open ${CANARY}`)),
  thrown('/fails/conflict', () => new StoreError('conflict', 'it was written by another')),
  thrown('/fails/full', () => new StoreError('full', 'no room')),
  thrown('/fails/unavailable', () => new StoreError('unavailable', 'not now')),
  thrown('/fails/desk', () => new DeskProblem('invalid_config', 'no', [{ pointer: '/a', code: 'x', message: 'y' }])),
  thrown('/fails/known', () => new AdminProblem('in_use', 'the model "m" needs it', { params: { by: ['m'] } })),
]

const admin = startedOnce(() => startAdmin(routes))
const ask = (...[path, options]: [string, Parameters<typeof askAdmin>[2]?]) => askAdmin(admin(), path, options)

describe('who may ask', () => {
  it('lets nobody in who is nobody, whatever the path, and everybody on open routes', async () => {
    for (const path of ['/things', '/nothing/at/all'])
      expect(await ask(path, { as: '' })).toMatchObject({ status: 401, json: { code: 'not_signed_in' } })
    expect(await ask('/open', { as: '' })).toMatchObject({ status: 200, json: { actor: null } })
  })

  it('asks the table of permissions, and says which one is missing', async () => {
    expect((await ask('/things', { as: 'viewer' })).status).toBe(200)
    const refused = await ask('/things', { as: 'viewer', body: { name: 'ab' } })
    expect(refused).toMatchObject({ status: 403, json: { code: 'permission_denied', params: { permission: 'config.write' } } })
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
  })

  it('tells the audit of refused writes by people who are known, and of nothing else', async () => {
    const one = await startAdmin(routes)
    await askAdmin(one, '/things', { as: '', body: { name: 'ab' } })
    await askAdmin(one, '/nothing', { as: 'admin' })
    expect(one.refusals).toEqual([])
    await askAdmin(one, '/things', { as: 'viewer', body: { name: 'ab' } })
    await askAdmin(one, '/fails/known', { body: {} })
    expect(one.refusals.map(({ route, problem, origin }) => [route.path, problem.code, origin.actor])).toMatchObject([
      ['/things', 'permission_denied', { name: 'a viewer' }],
      ['/fails/known', 'in_use', { name: 'a admin' }],
    ])
  })

  it('answers as it would where the audit itself fails, and logs that', async () => {
    const onRefused = () => Promise.reject(new Error('the audit is away'))
    const one = await startAdmin(routes, { onRefused })
    expect((await askAdmin(one, '/fails/known', { body: {} })).status).toBe(409)
    expect(one.logged).toMatchObject([{ message: 'the audit is away' }])
  })

  it('refuses a blocked address before it asks who it is, and a blocked person after', async () => {
    let asked = 0
    const byAddress = await startAdmin(routes, {
      isBlocked: ({ actor }) => actor === undefined,
      authenticate: () => {
        asked += 1
        return Promise.reject(new AdminProblem('not_signed_in', ''))
      },
    })
    expect(await askAdmin(byAddress, '/open')).toMatchObject({ status: 403, json: { code: 'blocked' } })
    expect(asked).toBe(0)
    const byPerson = await startAdmin(routes, { isBlocked: ({ actor }) => actor?.kind === 'user' && actor.id === 'viewer' })
    expect((await askAdmin(byPerson, '/things', { as: 'viewer' })).json).toMatchObject({ code: 'blocked' })
    expect((await askAdmin(byPerson, '/things')).status).toBe(200)
  })
})

describe('hosts and origins', () => {
  const withHost = (url: string, host: string, more = '', method = 'GET') =>
    rawExchange(
      url,
      `${method} /admin/api/things HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer admin\r\nconnection: close\r\n${more}\r\n`,
    )

  it('answers addresses, loopback’s names and those that are allowed', async () => {
    const { url } = await startAdmin(routes, { allowedHosts: () => ['gw.example.com', '*.lan'] })
    for (const host of [
      '127.0.0.1:8080',
      'LOCALHOST',
      'a.localhost:1',
      '[::1]:8080',
      '192.168.1.5',
      'gw.example.com',
      'GW.example.com.',
      'x.lan',
    ])
      expect([host, (await withHost(url, host)).status]).toEqual([host, 200])
  })

  it('refuses the names of others: a page may let its own point here', async () => {
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'user@localhost',
      'localhost/x',
      '0x7f.1',
      '',
    ]) {
      const { status, text } = await withHost(admin().url, host)
      expect([host, status]).toEqual([host, 403])
      expect(text).toContain('host_not_allowed')
    }
  })

  it('refuses writes that a page of another origin sends', async () => {
    const { url } = await startAdmin(routes, { allowedHosts: () => ['gw.example.com'] })
    const write = async (origin: string) =>
      (await withHost(url, '127.0.0.1:99', `origin: ${origin}\r\ncontent-length: 0\r\n`, 'DELETE')).text
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:98', 'file://x', 'http://127.0.0.1:99.evil.example'])
      expect(await write(origin)).toContain('origin_not_allowed')
    for (const origin of ['http://127.0.0.1:99', 'https://gw.example.com']) expect(await write(origin)).not.toContain('origin_not_allowed')
  })

  it('knows nothing of CORS', async () => {
    const answered = await ask('/things', { method: 'OPTIONS', as: '', headers: { 'access-control-request-method': 'POST' } })
    expect(answered.status).toBe(204)
    expect(answered.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
    expect([...answered.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('paths', () => {
  it('prefers fixed segments, decodes each one once, and keeps an encoded slash within its segment', async () => {
    expect((await ask('/things/export')).json).toBe('export')
    expect((await ask('/things/org%2Fmodel')).json).toEqual({ id: 'org/model' })
    expect((await ask('/things/a%3Ab')).json).toEqual({ id: 'a:b' })
    expect((await ask('/things/org/model')).json).toMatchObject({ status: 404, code: 'not_found' })
    expect((await ask('/things/')).status).toBe(404)
  })

  it('says which methods a path takes', async () => {
    const refused = await ask('/things', { method: 'DELETE' })
    expect(refused).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } })
    expect(refused.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS')
  })

  const AMBIGUOUS = [
    '/v1/../admin/api/things',
    '/v1/%2e%2e/admin/api/things',
    '/v1/..%2fadmin/api/things',
    '//admin/api/things',
    '/admin//api/things',
    '/admin/api//things',
    '/admin/api/./things',
    '/admin%2fapi/things',
    '/admin/api\\things',
    '/admin/api/things%00',
    '/admin/api/things/%252e',
    '/%61dmin/api/things',
    '/admin/%61pi/things',
    '/ADMIN/api/things',
    '/admin/api;x/things',
    '/admin/api/things;x=1',
    '/admin/api/things/%2F..%2F',
    '/admin/api/things/%zz',
    'http://127.0.0.1/admin/api/things',
    '*',
  ]
  it.each(AMBIGUOUS)('does not take %s for a path of its own', async (target) => {
    const answered = await rawExchange(
      admin().url,
      `GET ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer admin\r\nconnection: close\r\n\r\n`,
    )
    expect([400, 404]).toContain(answered.status)
    expect(answered.text).not.toContain('"items"')
  })

  it('answers HEAD as GET, without the body', async () => {
    const answered = await ask('/things', { method: 'HEAD' })
    expect([answered.status, answered.text, answered.headers.get('etag')]).toEqual([200, '', '"t1"'])
    expect((await ask('/stream', { method: 'HEAD' })).status).toBe(200)
  })
})

describe('what is sent', () => {
  it('is read by the route’s schemas', async () => {
    const { status, json } = await ask('/things?note=abc&dryRun=true', { body: { name: 'ab', size: 1 } })
    expect([status, json]).toEqual([201, { body: { name: 'ab', size: 1 }, dryRun: true, query: { note: 'abc' } }])
  })

  it('is refused with a pointer for each fault and without its values', async () => {
    const { status, json, text } = await ask('/things', { body: { size: CANARY, kind: 'smal', [`a/b~c`]: CANARY } })
    expect(status).toBe(400)
    expect(text).not.toContain(CANARY)
    expect(json).toMatchObject({
      code: 'invalid_request',
      errors: [
        { pointer: '/name', code: 'required', message: 'is required' },
        { pointer: '/size', code: 'invalid_type' },
        { pointer: '/kind', code: 'invalid_value', hint: 'did you mean "small"?' },
        { pointer: '/a~1b~0c', code: 'unknown_field' },
      ],
    })
  })

  it.each([
    ['?note=abcd', '/note'],
    ['?note=a&note=b', '/note'],
    ['?colour=red', '/colour'],
    ['?dryRun=maybe', '/dryRun'],
    ['?__proto__=1', '/__proto__'],
  ])('is refused in the query %s', async (query, pointer) => {
    expect((await ask(`/things${query}`, { body: { name: 'ab' } })).json).toMatchObject({
      code: 'invalid_query',
      status: 400,
      errors: [{ pointer }],
    })
  })

  it('can’t be tried out where the route would do it all the same', async () => {
    const { json } = await ask('/things/1?dryRun=true', { method: 'PATCH', body: {} })
    expect(json).toMatchObject({ code: 'invalid_query', errors: [{ pointer: '/dryRun' }] })
  })

  it.each([
    ['no JSON', `{"name": ${CANARY}}`, '', 'invalid_json'],
    ['half of it', '{"name": "ab"', '', 'invalid_json'],
    ['a field twice', '{"name":"ab","name":"cd"}', '/name', 'duplicate_field'],
    ['a field twice, spelled otherwise', '{"name":"ab","n\\u0061me":"cd"}', '/name', 'duplicate_field'],
    ['a field twice within a list', '{"a":[1,{"b":1,"b":2}]}', '/a/1/b', 'duplicate_field'],
    ['a prototype', '{"a":{"__proto__":{}}}', '/a/__proto__', 'unknown_field'],
    ['a hidden prototype', '{"a":{"\\u005f_proto__":{}}}', '/a/__proto__', 'unknown_field'],
    ['a deep nest', `${'['.repeat(70)}${']'.repeat(70)}`, `${'/0'.repeat(64)}`, 'too_deep'],
  ])('is refused where it is %s', async (_, text, pointer, code) => {
    const answered = await ask('/things', { text })
    expect(answered).toMatchObject({ status: 400, json: { code: 'invalid_request', errors: [{ pointer, code }] } })
    expect(answered.text).not.toContain(CANARY)
  })

  it('must be JSON and say so: forms and plain text are what other pages can send', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/merge-patch+json',
    ])
      expect((await ask('/things', { text: '{"name":"ab"}', headers: { 'content-type': type } })).json).toMatchObject({
        status: 415,
        code: 'unsupported_media_type',
      })
    const patch = { method: 'PATCH', text: '{"a":null}', headers: { 'content-type': 'application/merge-patch+json; charset=utf-8' } }
    expect((await ask('/things/1', patch)).json).toMatchObject({ body: { a: null } })
    expect((await ask('/things/1', { ...patch, headers: {} })).status).toBe(200)
  })

  it('may be of another type where the route says so', async () => {
    const headers = { 'content-type': 'application/yaml' }
    expect(await ask('/yaml', { text: 'a: 1', headers })).toMatchObject({ status: 200, text: 'a: 1' })
    expect((await ask('/yaml', { text: '{}' })).status).toBe(415)
  })

  it('has a largest size', async () => {
    const large = JSON.stringify({ name: 'x'.repeat(1024 ** 2) })
    expect((await ask('/things', { text: large })).json).toMatchObject({ status: 413, code: 'request_too_large' })
    const chunked = await rawExchange(
      admin().url,
      `POST /admin/api/things HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer admin\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
    )
    expect(chunked.status).toBe(413)
  })

  it('is not taken where nothing is expected', async () => {
    expect((await ask('/things/1', { method: 'DELETE' })).status).toBe(204)
    expect((await ask('/things/1', { method: 'DELETE', body: {} })).status).toBe(204)
    expect((await ask('/things/1', { method: 'DELETE', body: { really: true } })).json).toMatchObject({ code: 'invalid_request' })
    expect((await ask('/things', { method: 'POST' })).json).toMatchObject({ errors: [{ pointer: '', code: 'required' }] })
  })

  it('leaves nothing of itself for the next request when it was not read', async () => {
    const hidden = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'
    const { text } = await rawExchange(
      admin().url,
      `POST /admin/api/things HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999\r\n\r\n${hidden}`,
    )
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })
})

describe('answers', () => {
  it('may not be kept, framed, or taken for something else, and carry the id of the request', async () => {
    for (const path of ['/things', '/nothing']) {
      const { headers } = await ask(path, { headers: { 'x-request-id': 'abc-1' } })
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-request-id': 'abc-1',
      })
    }
    expect((await ask('/nothing', { headers: { 'x-request-id': 'abc-1' } })).json).toMatchObject({ instance: 'abc-1' })
  })

  it('are not sent again to who has them', async () => {
    for (const tag of ['"t1"', 'W/"t1"', '"t0", "t1"', '*'])
      expect(await ask('/things', { headers: { 'if-none-match': tag } })).toMatchObject({ status: 304, text: '' })
    expect((await ask('/things', { headers: { 'if-none-match': '"t2"' } })).status).toBe(200)
  })

  it.each([
    ['"v1"', 'v1'],
    ['*', undefined],
    ['W/"v1"', 'W/"v1"'],
    ['"v1", "v2"', '"v1", "v2"'],
  ])('hand If-Match %s on', async (header, ifMatch) => {
    const { json } = await ask('/things/1', { method: 'PATCH', body: {}, headers: { 'if-match': header } })
    expect(json).toMatchObject(ifMatch === undefined ? { params: { id: '1' } } : { ifMatch })
  })

  it('say nothing of what nobody expected; the log does', async () => {
    const one = await startAdmin(routes)
    const { status, text, json } = await askAdmin(one, '/fails/unknown', { body: {} })
    expect(status).toBe(500)
    expect(json).toMatchObject({ code: 'internal_error', title: 'The gateway failed to handle this request' })
    expect(text).not.toContain(CANARY)
    expect(one.logged).toMatchObject([{ message: `cannot open ${CANARY}` }])
  })

  it.each([
    ['/fails/conflict', 409, 'conflict'],
    ['/fails/full', 507, 'store_full'],
    ['/fails/unavailable', 503, 'store_unavailable'],
    ['/fails/desk', 422, 'invalid_config'],
    ['/fails/known', 409, 'in_use'],
  ])('to %s are %d %s', async (path, status, code) => {
    expect(await ask(path, { body: {} })).toMatchObject({ status, json: { code, status } })
  })

  it('say that a condition did not hold where there was one', async () => {
    expect((await ask('/fails/conflict', { body: {}, headers: { 'if-match': '"1"' } })).json).toMatchObject({ code: 'precondition_failed' })
  })

  it('come in one connection after the other', async () => {
    expect((await ask('/things')).headers.get('connection')).not.toBe('close')
  })

  it('that are streams end when the client leaves', async () => {
    const before = closed
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${admin().url}/admin/api/stream`, { headers: { authorization: 'Bearer admin' } }, resolve)
        .on('error', reject)
        .end()
    })
    expect(String(await new Promise((resolve) => response.once('data', resolve)))).toBe('data: 1\n\n')
    response.destroy()
    await eventually(() => expect(closed).toBe(before + 1))
  })
})

describe('what the gateway is told', () => {
  it('is when a request is open, so that none is cut short; a stream is not waited for, and can be ended', async () => {
    const open = new Set<AbortController>()
    const one = await startAdmin(routes, {
      started: (cancel) => {
        open.add(cancel)
        return () => void open.delete(cancel)
      },
    })
    let whileOpen = 0
    const slow = defineRoute({
      ...rest,
      method: 'GET',
      path: '/slow',
      permission: 'public',
      handle: () => {
        whileOpen = open.size
        return { body: {} }
      },
    })
    const other = await startAdmin([slow], { started: (cancel) => (open.add(cancel), () => void open.delete(cancel)) })
    await askAdmin(other, '/slow')
    expect(whileOpen).toBe(1)
    await eventually(() => expect(open.size).toBe(0))
    await askAdmin(one, '/nothing', { as: '' })
    await eventually(() => expect(open.size).toBe(0))

    const before = closed
    const leaving = new AbortController()
    const stream = await fetch(`${one.url}/admin/api/stream`, { headers: { authorization: 'Bearer admin' }, signal: leaving.signal })
    expect(stream.status).toBe(200)
    expect(open.size).toBe(0)
    leaving.abort()
    await eventually(() => expect(closed).toBe(before + 1))
  })

  it('is asked whether who is known may go on, and whether the line is safe', async () => {
    let seen: unknown
    const one = await startAdmin(routes, {
      isSecure: ({ headers }) => headers['x-test-tls'] === '1',
      authenticate: (caller) => {
        seen = caller.secure
        return actorByRole(caller)
      },
      mayGoOn: (actor, permission) => {
        if (actor.kind === 'user' && actor.id === 'operator' && permission !== 'me') throw new AdminProblem('blocked', 'not yet')
      },
    })
    expect((await askAdmin(one, '/things', { headers: { 'x-test-tls': '1' } })).status).toBe(200)
    expect(seen).toBe(true)
    expect((await askAdmin(one, '/things', { as: 'operator' })).json).toMatchObject({ code: 'blocked' })
    expect(seen).toBe(false)
  })
})

describe('the routes', () => {
  it('are loaded at the first request, once, and again only after they could not be', async () => {
    let tries = 0
    const one = await startAdmin(routes, {
      routes: () => {
        tries += 1
        return tries === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(routes)
      },
    })
    expect(tries).toBe(0)
    expect(await askAdmin(one, '/things')).toMatchObject({ status: 500, json: { code: 'internal_error' } })
    for (const _ of [1, 2]) expect((await askAdmin(one, '/things')).status).toBe(200)
    expect(tries).toBe(2)
  })
})
