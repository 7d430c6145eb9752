import type { ConfigInput } from '@jairouter/contract/config'
import type { Role } from '@jairouter/contract/management/roles'
import { openControlPlane, type ControlParts, type ControlPlane } from '../../src/composition/control-plane.ts'
import { openDeskOver } from '../../src/composition/open-stored-config.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import type { SecretBox } from '../../src/store/secrets/port.ts'
import { openSecretBox } from '../../src/store/secrets/secret-box.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import type { RequestRecord } from '../../src/telemetry/request-record.ts'
import type { OpenDesk } from '../../src/versions/open-desk.ts'
import { askApi, type ApiAnswer, type ApiOptions } from './ask-api.ts'
import { chat, type Asked, type AskOptions } from './ask.ts'
import { eventually } from './eventually.ts'
import type { BackendInput, FleetConfig, Member } from './start-fleet.ts'
import { QUIET } from './start-fleet.ts'
import { startSimulatorForTest } from './start-pair.ts'
import { whenOver } from './when-over.ts'

export interface ControlledOptions {
  /** Default: one in memory. It is closed with the gateway. */
  readonly store?: Store
  /** Default: one whose key nobody else has. */
  readonly box?: SecretBox
  /** What the config's `${VAR}` stand for. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: what `config` says about `log.level`, or info. */
  readonly level?: string
  /** false: nobody is made an admin, and `token` is ''. */
  readonly setUp?: boolean
}

/** A whole gateway with its control plane, before simulated model servers, and an admin who is signed in. */
export interface Controlled {
  readonly gateway: Gateway
  readonly control: ControlPlane
  readonly desk: OpenDesk
  readonly store: Store
  readonly parts: Pick<ControlParts, 'store' | 'box' | 'desk' | 'env' | 'directory' | 'log' | 'product'>
  /** Of the model APIs. */
  readonly url: string
  /** Of the management API, without `/admin/api`. */
  readonly admin: string
  /** Of the link that the start printed; '' where there was an admin already. */
  readonly setupToken: string
  /** The admin's access token. */
  readonly token: string
  /** One request below `/admin/api`, as the admin where `as` says nothing. */
  api(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<ApiAnswer>
  /** Makes somebody of that role, and signs them in; gives their access token. */
  userOf(role: Role): Promise<string>
  chat(more?: object, options?: AskOptions): Promise<Asked>
  simulator(id: string): Simulator
  readonly records: readonly RequestRecord[]
  /** Everything that was logged, as text. */
  logged(): string
  /** Stops it as a restart would, before the test's end. */
  stop(): Promise<void>
}

export const ADMIN = { name: 'ada', password: 'correct horse battery staple' } as const

/** Starts everything in this process, on free ports of loopback; over a store that has a config already, that one is in force. */
export async function startControlled(
  members: Readonly<Record<string, Member>>,
  config: FleetConfig = {},
  options: ControlledOptions = {},
): Promise<Controlled> {
  const { simulators, backends } = await startSimulators(members)
  const lines: string[] = []
  const log = createLogger({ level: options.level ?? 'info', destination: { write: (line: string) => void lines.push(line) } })
  const { store = new MemoryStore(), env = {} } = options
  const box = options.box ?? (await openSecretBox({ env, path: undefined }))
  const where = { found: undefined, env, cwd: process.cwd(), log }
  const desk = await openDeskOver({ store, box, source: undefined }, where, { seed: seedOf({ ...config, backends }) })
  const parts = { store, box, desk, env, directory: process.cwd(), log, product: { version: '1.2.3', demo: false } }
  const control = await openControlPlane(parts)
  const records: RequestRecord[] = []
  const gateway = createGateway({ loaded: control.loaded, log, ...control.forGateway, onSettled: (record) => void records.push(record) })
  const setup = await control.attach(gateway)
  const url = await gateway.listen()
  const { adminUrl } = gateway
  await gateway.firstRound()
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= stopAll(gateway, control))
  whenOver(async () => {
    await eventually(() => {
      if (gateway.openLeases() !== 0) throw new Error(`${gateway.openLeases()} leases are still open`)
    })
    await stop()
  })
  const setupToken = setup.state === 'setup' ? setup.token : ''
  const token = options.setUp === false ? '' : await signedIn(adminUrl, setupToken)
  const api: Controlled['api'] = (method, path, body, more) => askApi(adminUrl, `${method} ${path}`, { as: token, body, ...more })
  return {
    gateway,
    control,
    desk,
    store,
    parts,
    url,
    admin: adminUrl,
    setupToken,
    token,
    api,
    userOf: (role) => userOf(adminUrl, api, role),
    chat: (body, asking) => chat(url, body, asking),
    simulator: (id) => known(simulators[id], id),
    records,
    logged: () => lines.join(''),
    stop,
  }
}

async function stopAll(gateway: Gateway, control: ControlPlane): Promise<void> {
  control.stopping()
  await gateway.stop('now')
  await control.close()
}

async function startSimulators(members: Readonly<Record<string, Member>>) {
  const simulators: Record<string, Simulator> = {}
  const backends: BackendInput[] = []
  for (const [id, { backend, simulator: given, faults = {}, down = false }] of Object.entries(members)) {
    const simulator = await startSimulatorForTest({ name: id, ...given })
    simulators[id] = simulator
    for (const [key, fault] of Object.entries(faults)) simulator.setFault(key, fault)
    if (down) await simulator.setDown(true)
    backends.push({ id, type: 'openai-compatible', url: simulator.url, health: QUIET, ...backend })
  }
  return { simulators, backends }
}

/** JSON is YAML. */
function seedOf({ server, ...config }: ConfigInput): string {
  const quiet = { port: 0, overload: { enabled: false }, drain: { accept: '0ms', grace: '5s' } }
  return JSON.stringify({ ...config, server: { ...quiet, ...server } }, undefined, 2)
}

/** By the link, or where there is an admin already, by name and password. */
async function signedIn(url: string, setupToken: string): Promise<string> {
  const { name, password } = ADMIN
  const made =
    setupToken === ''
      ? await askApi(url, 'POST /session', { body: { name, password } })
      : await askApi(url, 'POST /setup', { body: { token: setupToken, name, password } })
  return tokenOf(made)
}

async function userOf(url: string, api: Controlled['api'], role: Role): Promise<string> {
  const body = { name: `a-${role}`, password: `the password of the ${role}`, role, mustChangePassword: false }
  const made = await api('POST', '/users', body)
  if (made.status !== 201) throw new Error(`no ${role} was made: ${made.text}`)
  return tokenOf(await askApi(url, 'POST /session', { body: { name: body.name, password: body.password } }))
}

function tokenOf({ json, text }: ApiAnswer): string {
  const token = json['accessToken']
  if (typeof token !== 'string') throw new Error(`nobody was signed in: ${text}`)
  return token
}

function known<Value>(value: Value | undefined, id: string): Value {
  if (value === undefined) throw new Error(`There is no backend ${id} in this test`)
  return value
}
