import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { isAllowed } from '@jairouter/contract/management/roles'
import type { Actor } from '../auth/actor.ts'
import type { Origin } from '../auth/audit/audit-entry.ts'
import type { AdminPorts, Refusal } from './admin-ports.ts'
import { ifMatchOf, notModified } from './entity-tag.ts'
import { isHostAllowed, isOriginAllowed } from './host-allow-list.ts'
import { PROBLEM_TYPE, problemAnswer } from './problem-answer.ts'
import { readContent } from './read-content.ts'
import { readParams, readQuery, readSent } from './read-input.ts'
import { createRouteTable, type RouteTable } from './route-table.ts'
import { AdminProblem, type AdminAnswer, type AdminRequest, type AnyRoute } from './route.ts'
import { DATA_HEADERS } from './security-headers.ts'

export interface AdminExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
  /** Below the mount, as it was sent, without the query. */
  readonly path: string
  readonly query: string
}

/** As it is written to the client. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Readable
}

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Every request to the management API, from its host to its answer. Does not throw. */
export function createAdminAnswerer(routes: readonly AnyRoute[], ports: AdminPorts): (exchange: AdminExchange) => Promise<WireAnswer> {
  const table = createRouteTable(routes)
  return async (exchange) => {
    const progress: Progress = {}
    const gone = new AbortController()
    const ended = ports.started?.(gone)
    exchange.response.once('close', () => {
      if (!exchange.response.writableFinished) gone.abort()
      ended?.()
    })
    try {
      const answered = await answer(exchange, { table, ports, progress, signal: gone.signal })
      // A stream goes on until somebody has enough of it: whoever stops the gateway does not wait for that.
      if (typeof answered.body === 'object') ended?.()
      return answered
    } catch (error) {
      const { problem, headers, unexpected } = problemAnswer(error, exchange.id, exchange.request.headers['if-match'] !== undefined)
      if (unexpected !== undefined) ports.log(unexpected, exchange.id)
      if (progress.refusable !== undefined) await tellRefused({ ...progress.refusable, problem }, ports)
      return {
        status: problem.status,
        headers: { ...DATA_HEADERS, ...headers, 'content-type': PROBLEM_TYPE },
        body: JSON.stringify(problem),
      }
    }
  }
}

interface Progress {
  /** A write by somebody who is known. */
  refusable?: Omit<Refusal, 'problem'>
}

interface Parts {
  readonly table: RouteTable
  readonly ports: AdminPorts
  readonly progress: Progress
  readonly signal: AbortSignal
}

async function answer(exchange: AdminExchange, { table, ports, progress, signal }: Parts): Promise<WireAnswer> {
  const { request, response, id } = exchange
  const method = request.method ?? ''
  const address = ports.addressOf(request)
  const secure = ports.isSecure?.(request) ?? false
  checkHost(request, method, ports.allowedHosts())
  if (await ports.isBlocked({ address })) throw blocked()
  const found = table.find(method === 'HEAD' ? 'GET' : method, exchange.path)
  if (method === 'OPTIONS' && found.kind === 'method') return { status: 204, headers: { ...DATA_HEADERS, allow: allowed(found.allow) } }

  const isPublic = found.kind === 'route' && found.route.permission === 'public'
  const actor = isPublic ? undefined : await ports.authenticate({ method, headers: request.headers, address, requestId: id, secure })
  if (actor !== undefined && (await ports.isBlocked({ address, actor }))) throw blocked()
  if (found.kind === 'undecodable') throw new AdminProblem('invalid_request', 'The path can’t be decoded')
  if (found.kind === 'nothing') throw new AdminProblem('not_found', 'There is nothing at this path')
  if (found.kind === 'method')
    throw new AdminProblem('method_not_allowed', `This path takes ${allowed(found.allow)}`, { headers: { allow: allowed(found.allow) } })

  const { route, params } = found
  // On a public route nobody is known, and what it does is audited by itself.
  const origin: Origin = { actor: actor ?? { kind: 'system' }, address, requestId: id }
  if (actor !== undefined && !SAFE.has(method)) progress.refusable = { route, params, origin }
  if (actor !== undefined) ports.mayGoOn?.(actor, route.permission)
  checkPermission(actor, route)
  const input = { params: readParams(route, params), ...readQuery(route, exchange.query) }
  const body = SAFE.has(method) ? undefined : readSent(route, await readContent(route, { request, response, limit: ports.bodyLimit() }))
  const asked: AdminRequest = {
    ...input,
    body,
    headers: plainHeaders(request),
    actor,
    origin,
    requestId: id,
    address,
    secure,
    ifMatch: ifMatchOf(request.headers['if-match']),
    signal,
  }
  return toWire(await route.handle(asked), exchange)
}

function checkHost({ headers }: IncomingMessage, method: string, hosts: readonly string[]): void {
  if (!isHostAllowed(headers.host, hosts))
    throw new AdminProblem('host_not_allowed', 'Ask by an address or as localhost, or add the name to the setting "admin.hosts"')
  if (!SAFE.has(method) && !isOriginAllowed(headers.origin, headers.host, hosts))
    throw new AdminProblem('origin_not_allowed', 'A page of another origin has sent this request')
}

function blocked(): AdminProblem {
  return new AdminProblem('blocked', '')
}

/** The files and commands of the machine are not asked: who has it may do everything. */
function checkPermission(actor: Actor | undefined, { permission }: AnyRoute): void {
  if (permission === 'public' || actor === undefined || actor.kind !== 'user' || isAllowed(actor.role, permission)) return
  throw new AdminProblem('permission_denied', `The role "${actor.role}" does not have the permission "${permission}"`, {
    params: { permission },
  })
}

function allowed(methods: readonly string[]): string {
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}

function toWire({ status, body, stream, headers = {}, etag }: AdminAnswer, { request }: AdminExchange): WireAnswer {
  const own = { ...DATA_HEADERS, ...headers, ...(etag === undefined ? {} : { etag: `"${etag}"` }) }
  if (stream !== undefined) {
    if (request.method !== 'HEAD') return { status: status ?? 200, headers: own, body: stream }
    stream.destroy()
    return { status: status ?? 200, headers: own }
  }
  if (etag !== undefined && SAFE.has(request.method ?? '') && notModified(request.headers['if-none-match'], etag))
    return { status: 304, headers: own }
  if (body === undefined) return { status: status ?? 204, headers: own }
  const isText = typeof body === 'string' && 'content-type' in headers
  const text = isText ? body : JSON.stringify(body)
  return { status: status ?? 200, headers: isText ? own : { 'content-type': 'application/json; charset=utf-8', ...own }, body: text }
}

async function tellRefused(refusal: Refusal, { onRefused, log }: AdminPorts): Promise<void> {
  try {
    await onRefused?.(refusal)
  } catch (error) {
    log(error, refusal.origin.requestId ?? '')
  }
}
