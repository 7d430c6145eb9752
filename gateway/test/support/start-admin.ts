import type { AdminPorts, Refusal } from '../../src/admin/admin-ports.ts'
import { mountAdmin } from '../../src/admin/mount.ts'
import { AdminProblem, type AnyRoute } from '../../src/admin/route.ts'
import type { Actor } from '../../src/auth/actor.ts'
import { createAdminServer } from '../../src/http/server.ts'
import { whenOver } from './when-over.ts'

export interface TestAdmin {
  readonly url: string
  readonly logged: readonly unknown[]
  readonly refusals: readonly Refusal[]
  /** How often the routes were asked for. */
  readonly loads: () => number
}

/** Who sends `authorization: Bearer ROLE` is that; a data key is one that begins with `jr-`. */
export function actorByRole({ headers }: Pick<Parameters<AdminPorts['authenticate']>[0], 'headers'>): Promise<Actor> {
  const token = headers.authorization?.replace(/^Bearer /, '') ?? ''
  if (token.startsWith('jr-')) return Promise.reject(new AdminProblem('key_not_accepted', ''))
  if (token === 'admin' || token === 'operator' || token === 'viewer' || token === 'developer')
    return Promise.resolve({ kind: 'user', id: token, name: `a ${token}`, role: token, sessionId: 's1' })
  return Promise.reject(new AdminProblem('not_signed_in', 'Sign in first'))
}

/** The management API over real sockets, with these routes. */
export async function startAdmin(routes: readonly AnyRoute[], ports: Partial<AdminPorts> = {}): Promise<TestAdmin> {
  const logged: unknown[] = []
  const refusals: Refusal[] = []
  let loads = 0
  const server = createAdminServer({
    readiness: () => ({ ready: true, details: {} }),
    metrics: { expose: () => 'up 1\n' },
    closing: () => false,
    onOther: () => {},
    log: (error) => logged.push(error),
    mount: (plain) =>
      mountAdmin(plain, {
        routes: () => {
          loads += 1
          return Promise.resolve(routes)
        },
        authenticate: actorByRole,
        version: '1.2.3',
        isBlocked: () => false,
        allowedHosts: () => [],
        bodyLimit: () => 4 * 1024 ** 2,
        addressOf: ({ socket }) => socket.remoteAddress ?? '',
        log: (error) => logged.push(error),
        onRefused: (refusal) => void refusals.push(refusal),
        ...ports,
      }),
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  whenOver(() => server.close())
  return { url, logged, refusals, loads: () => loads }
}

export interface AdminAsked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Of JSON; undefined otherwise. */
  readonly json: unknown
}

export interface AdminAskOptions {
  readonly method?: string
  readonly as?: string
  readonly body?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One request below `/admin/api`, by default as an admin. */
export async function askAdmin({ url }: Pick<TestAdmin, 'url'>, path: string, options: AdminAskOptions = {}): Promise<AdminAsked> {
  const { method, as = 'admin', body, text = body === undefined ? undefined : JSON.stringify(body), headers } = options
  const response = await fetch(`${url}${path.startsWith('/admin') ? path : `/admin/api${path}`}`, {
    method: method ?? (text === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    headers: {
      ...(as === '' ? {} : { authorization: `Bearer ${as}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  })
  const read = await response.text()
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text: read, json: isJson && read !== '' ? JSON.parse(read) : undefined }
}
