import { isAllowed, PERMISSIONS, ROLES } from '@jairouter/contract/management/roles'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildDocument } from '../../src/admin/openapi/document.ts'
import type { AnyRoute } from '../../src/admin/route.ts'
import { askApi } from '../support/ask-api.ts'
import { ask } from '../support/ask.ts'
import { documentFaults, examplesAgainst, rolesAgainst } from '../support/check-routes.ts'
import { exchangeRaw } from '../support/raw-connection.ts'
import { startControlled } from '../support/start-controlled.ts'
import { inParallel } from '../support/start-fleet.ts'
import { startedOnce } from '../support/when-over.ts'

const CONFIG_KEY = 'a key of the config 1234567890'.replaceAll(' ', '-')

const started = startedOnce(async () => {
  const controlled = await startControlled({}, { auth: { keys: [{ name: 'ci', key: CONFIG_KEY }] } })
  const made = await controlled.api('POST', '/keys', { name: 'app' })
  const tokens = new Map<string, string>()
  for (const role of ROLES) tokens.set(role, await controlled.userOf(role))
  return { ...controlled, routes: await controlled.control.routes(), key: String(made.json['key']), tokens }
})

/** A path that this route, and no more exact one, is asked by. */
function pathOf({ path }: AnyRoute): string {
  return path
    .replace(/:(number|sequence)/, '1')
    .replace(':service', 'chat')
    .replaceAll(/:\w+|\*/g, 'x')
}

const nameOf = ({ method, path }: AnyRoute) => `${method} ${path}`

/** Asks each route so, and gives those whose answer is another than is right. */
async function wrongOnes(
  options: (route: AnyRoute) => Parameters<typeof askApi>[2],
  right: (route: AnyRoute) => string,
): Promise<string[]> {
  const { admin, routes } = started()
  const wrong = await inParallel(routes.length, 4, async (index) => {
    const route = routes[index]
    if (route === undefined) return []
    // No operation takes this: whoever is let in is refused before anything is done.
    const { status, code } = await askApi(admin, `${route.method} ${pathOf(route)}?dryRun=perhaps`, options(route))
    const got = `${status} ${code}`
    return got === right(route) ? [] : [`${nameOf(route)}: ${got} instead of ${right(route)}`]
  })
  return wrong.flat()
}

/** By what it answers; sums and hits of a search are no lists. */
function isList(schema: unknown): boolean {
  return schema instanceof z.ZodObject && 'items' in schema.shape && 'asOf' in schema.shape
}

const LET_IN = '400 invalid_query'

describe('every operation of the management API', () => {
  it('has a role for each of its permissions, and nothing twice', () => {
    const { routes } = started()
    expect(routes.length).toBeGreaterThan(100)
    expect(new Set(routes.map(nameOf)).size).toBe(routes.length)
    const used = new Set(routes.map(({ permission }) => permission))
    for (const permission of used) expect(permission === 'public' || Object.hasOwn(PERMISSIONS, permission), permission).toBe(true)
  })

  it('is open to whom the table of permissions says', async () => {
    expect(await rolesAgainst(started().routes)).toEqual([])
  })

  /** The table, for people to look at: a change of it is a change of who may do what (`-u` writes it anew). */
  it('is open to the roles that the table beside this test tells', async () => {
    const lines = started().routes.map((route) => {
      const { permission } = route
      const roles = permission === 'public' ? ['everybody'] : ROLES.filter((role) => isAllowed(role, permission))
      return `${nameOf(route).padEnd(44)}${permission.padEnd(20)}${roles.join(' ')}`
    })
    await expect(`${lines.toSorted().join('\n')}\n`).toMatchFileSnapshot('route-roles.txt')
  })

  it('that lists keeps the contract of all lists: a page, from a cursor on, sorted, by a text', () => {
    const lists = started().routes.filter(({ answers }) => isList(answers[200]?.schema))
    expect(lists.length).toBeGreaterThan(15)
    const lacking = lists.flatMap((route) => {
      const taken = route.query instanceof z.ZodObject ? Object.keys(route.query.shape) : []
      return ['limit', 'cursor', 'sort', 'q'].filter((name) => !taken.includes(name)).map((name) => `${nameOf(route)}: ${name}`)
    })
    expect(lacking).toEqual([])
  })

  it('is in the OpenAPI, with examples that are valid', async () => {
    const { routes } = started()
    expect(examplesAgainst(routes)).toEqual([])
    expect(documentFaults(await buildDocument(routes, '1.2.3'))).toEqual([])
  })

  it.each(ROLES)('over the whole gateway lets %s do what the table says, and nothing else', async (role) => {
    const as = started().tokens.get(role) ?? ''
    const wrong = await wrongOnes(
      () => ({ as }),
      ({ permission }) => (permission === 'public' || isAllowed(role, permission) ? LET_IN : '403 permission_denied'),
    )
    expect(wrong).toEqual([])
  })

  it('over the whole gateway lets nobody in who is not signed in', async () => {
    expect(
      await wrongOnes(
        () => ({}),
        ({ permission }) => (permission === 'public' ? LET_IN : '401 not_signed_in'),
      ),
    ).toEqual([])
  })

  it.each(['authorization', 'x-api-key', 'api-key'])('over the whole gateway refuses keys of the model APIs in %s', async (header) => {
    const { key } = started()
    expect(key).toMatch(/^jr-/)
    for (const one of [key, CONFIG_KEY]) {
      const headers = { [header]: header === 'authorization' ? `Bearer ${one}` : one }
      const wrong = await wrongOnes(
        () => ({ headers }),
        ({ permission }) => (permission === 'public' ? LET_IN : '403 key_not_accepted'),
      )
      expect(wrong).toEqual([])
    }
  })

  it('is the token of somebody signed in, and not a key, that the model APIs take as well', async () => {
    const { url, tokens, key } = started()
    const status = async (bearer: string) => (await ask(`${url}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } })).status
    expect(await Promise.all([key, CONFIG_KEY, tokens.get('developer') ?? '', 'something'].map(status))).toEqual([200, 200, 200, 401])
  })
})

/** Ways around a check of paths that is not the router's own. */
const CROOKED = [
  '/v1/../admin/api/users',
  '/v1/..%2fadmin/api/users',
  '/v1/%2e%2e/admin/api/users',
  '//admin/api/users',
  '/./admin/api/users',
  '/%61dmin/api/users',
  '/admin%2fapi/users',
  '/admin/%61pi/users',
  '/ADMIN/API/users',
  '/admin/api/../api/users',
  '/admin/api//users',
  '/admin/api/%75sers',
  '/admin/api/users/',
  '/admin/api/users;x=1',
  '/admin\\api\\users',
  '/health/live/../../admin/api/users',
  'http://127.0.0.1/admin/api/users',
] as const

async function raw(url: string, target: string, lines: readonly string[] = [], method = 'GET'): Promise<{ status: number; body: string }> {
  const head = [`${method} ${target} HTTP/1.1`, `host: ${new URL(url).host}`, 'connection: close', ...lines]
  const { status, body } = await exchangeRaw(url, Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
  return { status, body: body.toString() }
}

describe('paths', () => {
  it.each(CROOKED)('that are spelled otherwise let nobody in: %s', async (target) => {
    const { url, key } = started()
    for (const lines of [[], [`authorization: Bearer ${key}`], [`x-api-key: ${CONFIG_KEY}`]]) {
      const { status, body } = await raw(url, target, lines)
      expect([400, 401, 403, 404]).toContain(status)
      expect(body).not.toContain('"items"')
    }
  })

  it('that are unknown are there for those who are signed in only', async () => {
    const { admin, tokens, key } = started()
    const asked = async (as: string) => (await askApi(admin, 'GET /no/such/thing', { as })).code
    expect(await asked(tokens.get('developer') ?? '')).toBe('not_found')
    expect(await asked('')).toBe('not_signed_in')
    expect(await asked(key)).toBe('key_not_accepted')
  })
})

describe('a port of its own', () => {
  it('has all but the model APIs, and the other has none of it', async () => {
    const { url, admin, token, api, setupToken } = await startControlled({ a: {} }, { admin: { port: 0 } })
    expect(admin).not.toBe(url)
    expect(setupToken).not.toBe('')
    expect((await api('GET', '/users')).status).toBe(200)
    expect((await ask(`${url}/v1/models`)).status).toBe(200)
    expect((await ask(`${admin}/v1/models`)).status).toBe(404)
    const signedIn = [`authorization: Bearer ${token}`]
    const paths = ['/admin', '/admin/', '/admin/api', '/admin/api/bootstrap', '/admin/api/users', '/openapi.json', '/swagger-ui/index.html']
    for (const path of [...paths, '/metrics', '/actuator/prometheus', ...CROOKED]) {
      const { status } = await raw(url, path, signedIn)
      expect([path, status === 400 || status === 404]).toEqual([path, true])
    }
    const { status } = await raw(url, '/admin/api/session', ['content-type: application/json', 'content-length: 2'], 'POST')
    expect(status).toBe(404)
    for (const path of ['/openapi.json', '/swagger-ui/index.html', '/metrics', '/health/live'])
      expect((await ask(admin + path)).status).toBe(200)
    // Nor is it reached through a model request whose backend is the gateway itself.
    expect((await api('POST', '/backends', { id: 'own', type: 'openai-compatible', url: admin, models: ['own'] })).status).toBe(201)
    expect((await ask(`${url}/v1/chat/completions`, { body: { model: 'own', messages: [] } })).status).toBe(502)
  })
})
