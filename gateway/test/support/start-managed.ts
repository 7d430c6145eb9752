import { randomBytes } from 'node:crypto'
import { blockRoutes } from '../../src/admin/blocks.ts'
import { budgetRoutes } from '../../src/admin/budgets.ts'
import { keyRoutes } from '../../src/admin/keys.ts'
import { AdminProblem, type AdminAnswer, type AnyRoute } from '../../src/admin/route.ts'
import { teamRoutes } from '../../src/admin/teams.ts'
import { openAccess, type ManagedAccess } from '../../src/auth/access.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import type { Fleet, FleetConfig, Member } from './start-fleet.ts'
import { startFleet } from './start-fleet.ts'

export interface ManagedOptions {
  readonly store?: Store
  readonly config?: FleetConfig
  readonly members?: Readonly<Record<string, Member>>
  /** Epoch milliseconds. */
  readonly wallClock?: () => number
  readonly onWarning?: (budget: { readonly id: string }, share: number) => void
}

export interface Managed {
  readonly fleet: Fleet
  readonly access: ManagedAccess
  readonly store: Store
  readonly routes: readonly AnyRoute[]
  /** An operation of the management API, past its HTTP: as an admin. Gives the code where it is refused. */
  call(target: string, more?: CallOptions): Promise<Called>
  /** A chat by this key. */
  chat(key: string, more?: object): ReturnType<Fleet['chat']>
}

export interface CallOptions {
  readonly body?: unknown
  readonly ifMatch?: string
  readonly dryRun?: boolean
}

export interface Called {
  readonly status: number
  readonly body: Record<string, never>
  readonly code?: string
  readonly etag?: string
}

/** A gateway whose keys, teams, budgets and blocks are in a store, and what manages them. */
export async function startManaged(options: ManagedOptions = {}): Promise<Managed> {
  const store = options.store ?? new MemoryStore()
  const wallClock = options.wallClock ?? Date.now
  const { onWarning } = options
  const access = await openAccess({ store, wallClock, randomBytes, ...(onWarning === undefined ? {} : { onWarning }) })
  const members = options.members ?? {
    only: {
      backend: {
        models: [
          { name: 'sim-chat', services: ['chat'] },
          { name: 'sim-embedding', services: ['embedding'] },
        ],
      },
    },
  }
  const fleet = await startFleet(members, options.config ?? {}, access.forGateway)
  const { gateway } = fleet
  access.attach(gateway)
  const ports = { access, wallClock, randomBytes, snapshot: () => gateway.snapshot, keyLevels: gateway.keyLevels }
  const routes = [...keyRoutes(ports), ...teamRoutes(ports), ...budgetRoutes(ports), ...blockRoutes(ports)]
  return {
    fleet,
    access,
    store,
    routes,
    call: (target, more) => call(routes, target, more),
    chat: (key, more = {}) => fleet.chat(more, { headers: { authorization: `Bearer ${key}` } }),
  }
}

async function call(routes: readonly AnyRoute[], target: string, { body, ifMatch, dryRun = false }: CallOptions = {}): Promise<Called> {
  const [method, url = ''] = target.split(' ')
  const [path = '', query = ''] = url.split('?')
  const found = routes
    .map((route) => ({ route, params: paramsOf(route, path) }))
    .filter(({ route, params }) => route.method === method && params !== undefined)
  // The most literal path wins, as in a router.
  const [{ route, params } = { route: undefined, params: undefined }] = found.toSorted(
    (a, b) => Object.keys(a.params ?? {}).length - Object.keys(b.params ?? {}).length,
  )
  if (route === undefined) throw new Error(`There is no operation ${target}`)
  try {
    const answer: AdminAnswer = await route.handle({
      params: route.params?.parse(params),
      query: route.query?.parse(Object.fromEntries(new URLSearchParams(query))),
      body: route.body?.parse(body),
      headers: {},
      actor: ADMIN,
      origin: { actor: ADMIN, address: '127.0.0.1', requestId: 'r' },
      requestId: 'r',
      address: '127.0.0.1',
      ifMatch,
      dryRun,
      signal: new AbortController().signal,
    })
    const status = answer.status ?? 200
    const schema = route.answers[status]?.schema
    // What is answered is what the OpenAPI says.
    if (schema !== undefined && typeof answer.body !== 'string') schema.parse(answer.body)
    return { status, body: answer.body as Called['body'], ...(answer.etag === undefined ? {} : { etag: answer.etag }) }
  } catch (error) {
    if (!(error instanceof AdminProblem)) throw error
    return { status: 0, body: {}, code: error.code }
  }
}

const ADMIN = { kind: 'user', id: 'u', name: 'admin', role: 'admin', sessionId: 's' } as const

function paramsOf({ path }: AnyRoute, asked: string): Record<string, string> | undefined {
  const parts = path.split('/')
  const given = asked.split('/')
  if (parts.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const value = decodeURIComponent(given[index] ?? '')
    if (part.startsWith(':')) params[part.slice(1)] = value
    else if (part !== value) return undefined
  }
  return params
}
