import { randomBytes } from 'node:crypto'
import type { Role } from '@jairouter/contract/management/roles'
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
  /** Of users, for blocks. */
  readonly personOf?: Parameters<typeof blockRoutes>[0]['personOf']
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
  /** Default: an admin. */
  readonly as?: Role
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
  const ports = {
    access,
    wallClock,
    randomBytes,
    personOf: options.personOf ?? (() => Promise.resolve(undefined)),
    snapshot: () => gateway.snapshot,
    keyLevels: gateway.keyLevels,
  }
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

async function call(
  routes: readonly AnyRoute[],
  target: string,
  { body, ifMatch, dryRun = false, as = 'admin' }: CallOptions = {},
): Promise<Called> {
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
  const actor = { kind: 'user', id: 'u', name: as, role: as, sessionId: 's' } as const
  try {
    const answer: AdminAnswer = await route.handle({
      params: route.params?.parse(params),
      query: route.query?.parse(Object.fromEntries(new URLSearchParams(query))),
      body: route.body?.parse(body),
      headers: {},
      actor,
      origin: { actor, address: ADDRESS, requestId: 'r' },
      requestId: 'r',
      address: ADDRESS,
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

/** Not one that tests block: nobody blocks themselves. */
const ADDRESS = '2001:db8::1'

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
