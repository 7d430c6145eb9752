import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adapterRoutes } from '../../src/admin/adapters.ts'
import { backendRoutes } from '../../src/admin/backends.ts'
import { indexRoute } from '../../src/admin/index-route.ts'
import { modelRoutes } from '../../src/admin/models.ts'
import { buildDocument } from '../../src/admin/openapi/document.ts'
import { MODEL_APIS } from '../../src/admin/openapi/model-apis/model-apis.ts'
import { defineRoute } from '../../src/admin/route.ts'
import { settingsRoutes } from '../../src/admin/server-settings.ts'
import { serviceRoutes } from '../../src/admin/services.ts'
import { ENDPOINT_DEFINITIONS } from '../../src/endpoints/definitions.ts'
import { REALTIME } from '../../src/endpoints/realtime.ts'
import { createFronts } from '../../src/http/front/fronts.ts'
import { createServer, type ServerOptions } from '../../src/http/server.ts'
import { isObject } from '../../src/lib/json.ts'
import { documentFaults, examplesAgainst, rolesAgainst } from '../support/check-routes.ts'
import { createFakeDesk } from '../support/fake-desk.ts'
import { askAdmin, startAdmin } from '../support/start-admin.ts'

const ports = { desk: createFakeDesk({}), now: () => 0 }
const routes = [
  indexRoute,
  ...backendRoutes(ports),
  ...modelRoutes(ports),
  ...serviceRoutes(ports),
  ...adapterRoutes(ports),
  ...settingsRoutes(ports),
  defineRoute({
    method: 'POST',
    path: '/demo/:id/run',
    permission: 'public',
    tag: 'Demo',
    summary: 'A route of this test',
    params: z.object({ id: z.string() }),
    query: z.strictObject({ limit: z.coerce.number().int().default(5), q: z.string() }),
    body: z.strictObject({ tree: z.json() }),
    answers: { 201: { description: 'Done', schema: z.object({ ok: z.boolean() }) } },
    example: { request: { tree: [1] }, answer: { ok: true } },
    handle: () => ({}),
  }),
]

describe('the routes of the config', () => {
  it('are open to whom the table of permissions says, and to no data key', async () => {
    expect(await rolesAgainst(routes)).toEqual([])
  })

  it('have examples that are valid', () => {
    expect(examplesAgainst(routes)).toEqual([])
  })
})

describe('the checks of this test', () => {
  const broken = { ...routes[0], method: 'POST', path: '/broken', tag: 'Demo', summary: '', answers: {}, handle: () => ({}) } as const
  it('find what they look for', async () => {
    expect(
      examplesAgainst([{ ...broken, permission: 'public', body: z.object({ a: z.string() }), example: { request: { a: 1 } } }]),
    ).toHaveLength(3)
    expect(documentFaults({ paths: { '/a/{id}': { get: { responses: { x: { $ref: '#/nowhere' } } } } } })).toHaveLength(5)
  })
})

describe('the document', async () => {
  const document = await buildDocument(routes, '1.2.3')
  const paths = isObject(document['paths']) ? document['paths'] : {}

  it('is OpenAPI 3.1', () => {
    expect(document['openapi']).toBe('3.1.0')
    expect(documentFaults(document)).toEqual([])
  })

  it('has every operation of the management API, with what it takes', () => {
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/admin/api/backends',
        '/admin/api/backends/{id}',
        '/admin/api/models/{name}',
        '/admin/api/services/{service}',
      ]),
    )
    expect(paths['/admin/api/demo/{id}/run']).toMatchObject({
      post: {
        operationId: 'postAdminApiDemoByIdRun',
        security: [],
        parameters: [
          { name: 'id', in: 'path', required: true },
          { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 5 } },
          { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
        ],
        requestBody: { required: true, content: { 'application/json': { example: { tree: [1] } } } },
        responses: {
          201: { content: { 'application/json': { example: { ok: true } } } },
          400: { $ref: '#/components/responses/Problem400' },
        },
      },
    })
    expect(paths['/admin/api/backends/{id}']).toMatchObject({
      patch: { 'x-permission': 'config.write', requestBody: { content: { 'application/merge-patch+json': { example: { weight: 1 } } } } },
    })
  })

  it('names what is used in more than one place', () => {
    expect(document['components']).toMatchObject({ schemas: { Backend: { type: 'object' }, DryRun: {}, MaskedSecret: {}, Problem: {} } })
    expect(JSON.stringify(paths).match(/"#\/components\/schemas\/Backend"/g)?.length).toBeGreaterThan(3)
  })

  it('has every path of the gateway and no other', () => {
    // None of it is asked anything here.
    const server = createServer({ responses: {}, ports: {}, closing: () => false } as unknown as ServerOptions)
    const known = new Set(MODEL_APIS.map(({ method, path }) => `${method} ${path}`))
    const framework = frameworkRoutes(server.printRoutes({ commonPrefix: false }))
    const relayed = [...ENDPOINT_DEFINITIONS.flatMap((endpoint) => endpoint.paths), ...createFronts({} as never).map(({ path }) => path)]
    const pages = ['GET /openapi.json', 'GET /swagger-ui/index.html', 'GET /admin/']
    const served = new Set([
      ...framework,
      ...pages,
      ...relayed.map((path) => `POST ${path}`),
      ...REALTIME.paths.map((path) => `GET ${path}`),
    ])
    expect([...known].toSorted()).toEqual([...served].toSorted())
  })

  it('holds no value of the config', async () => {
    const desk = createFakeDesk({ backends: [{ id: 'canary-backend', type: 'vllm', url: 'http://canary.example' }] })
    expect(JSON.stringify(await buildDocument(backendRoutes({ desk, now: () => 0 }), '1'))).not.toContain('canary')
  })
})

/** `METHOD /path` of each route that the framework has, parameters as OpenAPI writes them; HEAD goes with GET. */
function frameworkRoutes(printed: string): readonly string[] {
  const stack: { readonly depth: number; readonly path: string }[] = []
  return printed.split('\n').flatMap((line) => {
    const read = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line)
    if (read === null) return []
    const [, indent = '', segment = '', methods] = read
    while (stack.length > 0 && (stack.at(-1)?.depth ?? 0) >= indent.length) stack.pop()
    const path = `${stack.at(-1)?.path ?? ''}${segment}`
    stack.push({ depth: indent.length, path })
    // What it prints of `/v1/models/*` lacks the slash.
    const shown = path.replaceAll(/:(\w+)/g, '{$1}').replace('*', '/{id}')
    return (methods ?? '').split(', ').flatMap((method) => (method === '' || method === 'HEAD' ? [] : [`${method} ${shown}`]))
  })
}

describe('what is served', () => {
  it('is the document, to everybody, and not again to who has it', async () => {
    const admin = await startAdmin(routes)
    const first = await fetch(`${admin.url}/openapi.json`)
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(await first.json()).toMatchObject({ openapi: '3.1.0', servers: [{ url: '.' }] })
    const again = await fetch(`${admin.url}/openapi.json`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })

  it('is Swagger UI: its page, its files, our initializer, and nothing else of the package', async () => {
    const admin = await startAdmin(routes)
    const page = await fetch(`${admin.url}/swagger-ui/index.html`)
    const text = await page.text()
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const csp = page.headers.get('content-security-policy') ?? ''
    expect(csp).toContain("script-src 'self';")
    expect(csp).toContain("frame-ancestors 'none'")
    const linked = [...text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name ?? '')
    expect(linked.length).toBeGreaterThan(5)
    expect(text).not.toMatch(/<script(?![^>]*src=)/)
    const types: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', png: 'image/png' }
    for (const name of linked) {
      const file = await fetch(`${admin.url}/swagger-ui/${name}`)
      const bytes = await file.arrayBuffer()
      expect([name, file.status, file.headers.get('content-type')]).toEqual([name, 200, types[name.split('.').at(-1) ?? '']])
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
      expect(bytes.byteLength).toBe(Number(file.headers.get('content-length')))
    }
    expect(await (await fetch(`${admin.url}/swagger-ui/swagger-initializer.js`)).text()).toContain("url: '../openapi.json'")
    for (const name of ['csp.json', 'swagger-ui.js', 'package.json', '..%2fpackage.json', 'constructor', ''])
      expect([name, (await fetch(`${admin.url}/swagger-ui/${name}`, { redirect: 'manual' })).status]).toEqual([
        name,
        name === '' ? 302 : name.includes('%') ? 400 : 404,
      ])
  })

  it('is a page that says where things are, at relative addresses', async () => {
    const admin = await startAdmin(routes)
    const away = await askAdmin(admin, '/admin')
    expect([away.status, away.headers.get('location')]).toEqual([302, 'admin/'])
    const page = await askAdmin(admin, '/admin/', { as: '' })
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('<script')
    for (const [, address] of page.text.matchAll(/href="([^"]+)"/g))
      expect((await fetch(new URL(address ?? '', `${admin.url}/admin/`))).status).toBe(200)
  })

  it('is an index of the management API, which leads on', async () => {
    const admin = await startAdmin(routes)
    for (const path of ['/admin/api', '/admin/api/']) {
      const { status, json } = await askAdmin(admin, path, { as: '' })
      expect(status).toBe(200)
      expect(json).toMatchObject({ product: 'JAiRouter' })
    }
    const { json } = await askAdmin(admin, '/admin/api')
    const address = isObject(json) ? String(json['openapi']) : ''
    expect((await fetch(new URL(address, `${admin.url}/admin/api`))).status).toBe(200)
  })

  it('is not on the public port when it has one of its own', async () => {
    const server = createServer({
      responses: {},
      ports: {},
      closing: () => false,
      onOther: () => {},
      modelsOnly: true,
      readiness: () => ({ ready: true, details: {} }),
    } as unknown as ServerOptions)
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    try {
      for (const path of [
        '/admin',
        '/admin/',
        '/admin/api',
        '/admin/api/backends',
        '/openapi.json',
        '/swagger-ui/index.html',
        '/metrics',
        '/actuator/prometheus',
      ])
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404])
      for (const path of ['/health/live', '/health/ready', '/actuator/health']) expect((await fetch(`${url}${path}`)).status).toBe(200)
    } finally {
      await server.close()
    }
    const admin = await startAdmin(routes)
    expect((await fetch(`${admin.url}/metrics`)).status).toBe(200)
    expect((await fetch(`${admin.url}/v1/models`)).status).toBe(404)
    expect((await fetch(`${admin.url}/v1/chat/completions`, { method: 'POST', body: '{}' })).status).toBe(404)
  })
})
