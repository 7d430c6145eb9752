import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { PROBLEMS } from '@jairouter/contract/management/problem'
import { isAllowed, type Role } from '@jairouter/contract/management/roles'
import { onTestFinished } from 'vitest'
import { accountRoutes } from '../../src/admin/account-routes.ts'
import { createAdminAuthenticator, requireOwnPassword } from '../../src/admin/authenticate-admin.ts'
import { AdminProblem, type AdminAnswer, type AnyRoute } from '../../src/admin/route.ts'
import { createAccounts, type Accounts, type AccountsOptions } from '../../src/auth/accounts/accounts.ts'
import type { Derive } from '../../src/auth/accounts/password-hasher.ts'
import { AUDIT_LOG } from '../../src/auth/audit/audit-entry.ts'
import type { AccountSettings, AdminSettings } from '../../src/config/snapshot.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Entry, Store } from '../../src/store/port.ts'
import type { SecretBox } from '../../src/store/secrets/port.ts'

export const PASSWORD = 'correct horse battery'
export const START = Date.parse('2026-02-01T08:30:00Z')

export const settings: AccountSettings = {
  sessions: { accessMs: 15 * 60_000, refreshMs: 168 * 3_600_000, absoluteMs: 720 * 3_600_000 },
  tokens: { algorithm: 'HS256' },
  oidc: new Map(),
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly etag: string | undefined
}

export interface AskOptions {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, unknown>>
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly address?: string
  readonly secure?: boolean
  readonly ifMatch?: string | undefined
  readonly dryRun?: boolean
}

export interface Desk {
  readonly accounts: Accounts
  readonly store: Store
  readonly routes: readonly AnyRoute[]
  /** `POST /session`: as the management API would do it, without a server. */
  ask(what: string, options?: AskOptions): Promise<Answer>
  /** Epoch milliseconds; may be moved. */
  readonly clock: { now: number }
  /** Times that a password was hashed. */
  readonly hashed: () => number
  audit(): Promise<readonly Entry[]>
  /** Makes the first admin, by setup; returns the answer of its sign-in. */
  setUp(): Promise<Tokens>
  /** Makes a user who need not change its password, and signs in. */
  join(role: Role, name?: string): Promise<Tokens>
  signIn(name: string, password?: string, options?: AskOptions): Promise<Answer>
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly user: { readonly id: string; readonly name: string }
}

export interface DeskOptions extends Partial<Omit<AccountsOptions, 'store' | 'now'>> {
  readonly store?: Store
  readonly admin?: Partial<AdminSettings>
  readonly clock?: { now: number }
}

/** Cheap, and different for each password, salt and cost. */
const cheap: Derive = (password, salt, { m, t, p }, length) =>
  Promise.resolve(createHash('sha512').update(`${password} ${m} ${t} ${p}`).update(salt).digest().subarray(0, length))

export function openDesk(options: DeskOptions = {}): Desk {
  const { store = new MemoryStore(), clock = { now: START }, admin = {}, derive = cheap, ...more } = options
  let hashed = 0
  const accounts = createAccounts({
    store,
    box: testBox(),
    settings: () => settings,
    readKeyFile: () => Promise.reject(new Error('no key file')),
    ...more,
    now: () => clock.now,
    derive(...given) {
      hashed += 1
      return derive(...given)
    },
  })
  onTestFinished(() => accounts.close())
  const adminSettings: AdminSettings = { enabled: true, hosts: [], bodyLimit: 1024 ** 2, ...admin }
  const routes = accountRoutes({
    accounts,
    admin: () => adminSettings,
    product: { version: '0.0.0', demo: false },
    configState: () => ({ configVersion: 3, managed: 'api' }),
  })
  const authenticate = createAdminAuthenticator({ accounts, publicUrl: () => adminSettings.publicUrl })
  const desk: Desk = {
    accounts,
    store,
    routes,
    clock,
    hashed: () => hashed,
    audit: () => store.read(AUDIT_LOG, { after: 0, limit: 1_000 }),
    ask: (what, asked = {}) => ask({ routes, authenticate }, what, asked),
    signIn: (name, password = PASSWORD, asked = {}) => desk.ask('POST /session', { body: { name, password }, ...asked }),
    async setUp() {
      const started = await accounts.setup.begin(undefined)
      if (started.state !== 'setup') throw new Error(`expected the state setup, not ${started.state}`)
      const answer = await desk.ask('POST /setup', { body: { token: started.token, name: 'root', password: PASSWORD } })
      return tokensOf(answer)
    },
    async join(role, name = role) {
      await accounts.users.create({ name, role, password: PASSWORD }, { origin: { actor: { kind: 'cli' } } })
      return tokensOf(await desk.signIn(name))
    },
  }
  return desk
}

export function tokensOf({ status, body }: Answer): Tokens {
  if (status >= 300) throw new Error(`expected tokens, got ${status} ${JSON.stringify(body)}`)
  return body as unknown as Tokens
}

/** What changes in one of the stores is told to the others when `announce` says so. */
export class SharedStore extends MemoryStore {
  readonly #listeners = new Set<() => void>()

  override onChange(listener: () => void = () => undefined): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  announce(): void {
    for (const listener of this.#listeners) listener()
  }
}

const KEY = createHash('sha256').update('a key for tests').digest()

export function testBox(): SecretBox {
  return {
    seal(text, purpose) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', KEY, iv).setAAD(Buffer.from(purpose))
      const sealed = Buffer.concat([cipher.update(text), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12)).setAAD(Buffer.from(purpose))
      decipher.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()
    },
    digest: (text) => createHash('sha256').update(KEY).update(text).digest('hex'),
  }
}

interface Parts {
  readonly routes: readonly AnyRoute[]
  readonly authenticate: ReturnType<typeof createAdminAuthenticator>
}

async function ask(parts: Parts, what: string, options: AskOptions): Promise<Answer> {
  try {
    const { status, body, headers = {}, etag } = await answer(parts, what, options)
    return { status: status ?? (body === undefined ? 204 : 200), body: plain(body), headers, etag }
  } catch (error) {
    if (!(error instanceof AdminProblem)) throw error
    const { code, message, details, headers = {} } = error
    return { status: PROBLEMS[code].status, body: plain({ code, message, details }), headers, etag: undefined }
  }
}

async function answer({ routes, authenticate }: Parts, what: string, options: AskOptions): Promise<AdminAnswer> {
  const [method = '', path = ''] = what.split(' ')
  const found = routes.flatMap((route) => {
    const params = route.method === method ? matchPath(route.path, path) : undefined
    return params === undefined ? [] : [{ route, params }]
  })
  // A path that is written out goes before one with parameters.
  const [match] = found.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)
  if (match === undefined) throw new Error(`there is no route ${what}`)
  const { route, params } = match
  const { token, address = '192.0.2.1', secure = false, ifMatch, dryRun = false } = options
  const sent = options.body === undefined ? {} : { 'content-type': 'application/json' }
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const headers = { host: 'gateway.test', ...sent, ...bearer, ...options.headers }
  const actor = route.permission === 'public' ? undefined : await authenticate({ method, headers, secure })
  if (actor !== undefined && route.permission !== 'public') {
    requireOwnPassword(actor, route.permission)
    if (actor.kind === 'user' && !isAllowed(actor.role, route.permission)) throw new AdminProblem('permission_denied', '')
  }
  return route.handle({
    params: route.params?.parse(params),
    query: route.query?.parse(options.query ?? {}),
    body: route.body?.parse(options.body),
    headers,
    actor,
    origin: { actor: actor ?? { kind: 'system' }, address },
    requestId: 'request-1',
    address,
    secure,
    ifMatch,
    dryRun,
    signal: new AbortController().signal,
  })
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith(':')) params[part.slice(1)] = value
    else if (part !== value) return undefined
  }
  return params
}

/** As it goes over the wire. */
function plain(body: unknown): Readonly<Record<string, unknown>> {
  return body === undefined ? {} : (JSON.parse(JSON.stringify(body)) as Record<string, unknown>)
}
