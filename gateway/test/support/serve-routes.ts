import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { isAllowed, type Role } from '@jairouter/contract/management/roles'
import { PROBLEMS } from '@jairouter/contract/management/problem'
import { AdminProblem, type AnyRoute } from '../../src/admin/route.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { whenOver } from './when-over.ts'

/** Operations of the management API on a port of their own, for whom the headers `x-role` and `x-session` say; without what stands before them. */
export async function serveRoutes(routes: readonly AnyRoute[]): Promise<string> {
  const server = createServer((request, response) => void answer(routes, request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  whenOver(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => {
      server.close(resolve)
    })
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(routes: readonly AnyRoute[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? '', 'http://x')
    const found = find(routes, request.method ?? '', url.pathname)
    if (found === undefined) throw new AdminProblem('not_found', 'no such route')
    const { route, params } = found
    const role = String(request.headers['x-role'] ?? 'admin') as Role
    if (route.permission !== 'public' && !isAllowed(role, route.permission)) throw new AdminProblem('permission_denied', route.permission)
    const actor = { kind: 'user', id: `u-${role}`, name: role, role, sessionId: String(request.headers['x-session'] ?? 's-1') } as const
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const given = await route.handle({
      params: route.params?.parse(params),
      query: route.query?.parse(Object.fromEntries(url.searchParams)),
      body: route.body?.parse(text === '' ? undefined : JSON.parse(text)),
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      actor,
      origin: { actor, address: '127.0.0.1', requestId: 'r-1' },
      requestId: 'r-1',
      address: '127.0.0.1',
      ifMatch: undefined,
      dryRun: false,
      signal: gone.signal,
    })
    const headers = given.headers as Record<string, string> | undefined
    if (given.stream !== undefined) {
      response.writeHead(given.status ?? 200, headers)
      response.flushHeaders()
      return await pipeline(given.stream, response).catch(() => {})
    }
    response.writeHead(given.status ?? (given.body === undefined ? 204 : 200), { 'content-type': 'application/json', ...headers })
    response.end(given.body === undefined ? undefined : JSON.stringify(given.body))
  } catch (error) {
    const code = error instanceof AdminProblem ? error.code : error instanceof StoreError ? 'store_unavailable' : 'invalid_request'
    response.writeHead(PROBLEMS[code].status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ code, detail: error instanceof Error ? error.message : '' }))
  }
}

/** Those with fixed segments stand before those with a parameter that would fit as well. */
function find(
  routes: readonly AnyRoute[],
  method: string,
  path: string,
): { readonly route: AnyRoute; readonly params: Record<string, string> } | undefined {
  for (const route of routes) {
    const pattern = route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)').replace('*', '(?<rest>.+)')
    const match = route.method === method ? new RegExp(`^${pattern}$`).exec(path) : null
    if (match === null) continue
    const params = Object.entries({ ...match.groups }).map(([name, value]) => [
      name === 'rest' ? '*' : name,
      decodeURIComponent(value ?? ''),
    ])
    return { route, params: Object.fromEntries(params) as Record<string, string> }
  }
  return undefined
}
