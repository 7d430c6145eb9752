import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigInput } from '@jairouter/contract/config'
import { openControlPlane, type ControlPlane } from '../../src/composition/control-plane.ts'
import { openDeskOver, openStoreOf, type OpenedStore } from '../../src/composition/open-stored-config.ts'
import { createGateway, type Gateway } from '../../src/gateway.ts'
import { isObject, type JsonObject } from '../../src/lib/json.ts'
import { finishRotation } from '../../src/store/secrets/finish-rotation.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import type { OpenDesk } from '../../src/versions/open-desk.ts'
import { askAdmin, type AdminAsked, type AdminAskOptions } from './start-admin.ts'
import { whenOver } from './when-over.ts'

export const ADMIN = { name: 'admin', password: 'a long enough password' } as const

export interface JoinedOptions {
  readonly config?: ConfigInput
  /** Where its store is; left out: a new one. Gateways over one folder must follow one another. */
  readonly directory?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A gateway with all of its control plane, in this process. */
export interface Joined {
  readonly url: string
  readonly adminUrl: string
  readonly directory: string
  readonly gateway: Gateway
  readonly desk: OpenDesk
  readonly opened: OpenedStore
  readonly setup: Awaited<ReturnType<ControlPlane['attach']>>
  readonly logged: () => string
  /** One request below `/admin/api`; `as` is an access token, by default that of the first admin. */
  api(path: string, options?: AdminAskOptions): Promise<AdminAsked>
  /** The same, of which only the fields of the answer are wanted; fails where it is refused. */
  fields(path: string, options?: AdminAskOptions): Promise<JsonObject>
  /** An access token. */
  signIn(name: string, password: string): Promise<string>
  /** Makes a user and signs in. */
  userOf(role: string, name?: string): Promise<{ readonly id: string; readonly name: string; readonly token: string }>
  stop(): Promise<void>
}

/** As `serve` starts it, with a first admin and on a free port; stopped when the test ends. */
export async function startJoined({ config = {}, directory, env = {} }: JoinedOptions = {}): Promise<Joined> {
  const cwd = directory ?? (await newFolder())
  const file = join(cwd, 'jairouter.yaml')
  const { server, ...rest } = config
  const written = { server: { port: 0, overload: { enabled: false }, drain: { accept: '0ms', grace: '2s' }, ...server }, ...rest }
  await writeFile(file, JSON.stringify(written, undefined, 2))
  const lines: string[] = []
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const fullEnv = { JAIROUTER_ADMIN_PASSWORD: ADMIN.password, JAIROUTER_ADMIN_NAME: ADMIN.name, ...env }
  const where = { found: { file }, env: fullEnv, cwd, log }
  const opened = await openStoreOf(where)
  await finishRotation(opened.store, opened.box, log)
  const desk = await openDeskOver(opened, where)
  const product = { version: '1.2.3', demo: false }
  const control = await openControlPlane({ ...opened, desk, env: fullEnv, directory: cwd, log, product })
  const gateway = createGateway({ loaded: control.loaded, log, ...control.forGateway })
  const setup = await control.attach(gateway)
  const url = await gateway.listen()
  let stopped: Promise<void> | undefined
  const end = async () => {
    control.stopping()
    await gateway.stop('now')
    await control.close()
  }
  const stop = () => (stopped ??= end())
  whenOver(stop)
  const { adminUrl } = gateway
  const signIn = async (name: string, password: string) => {
    const { json } = await askAdmin({ url: adminUrl }, '/session', { as: '', body: { name, password } })
    if (!isObject(json) || typeof json['accessToken'] !== 'string') throw new Error(`${name} was not let in: ${JSON.stringify(json)}`)
    return json['accessToken']
  }
  let admin: Promise<string> | undefined
  const api = async (path: string, options: AdminAskOptions = {}) =>
    askAdmin({ url: adminUrl }, path, { as: options.as ?? (await (admin ??= signIn(ADMIN.name, ADMIN.password))), ...options })
  const fields = async (path: string, options: AdminAskOptions = {}) => {
    const asked = await api(path, options)
    if (asked.status >= 300 || !isObject(asked.json)) throw new Error(`${options.method ?? ''} ${path}: ${asked.status} ${asked.text}`)
    return asked.json
  }
  return {
    url,
    adminUrl,
    directory: cwd,
    gateway,
    desk,
    opened,
    setup,
    logged: () => lines.join(''),
    api,
    fields,
    signIn,
    async userOf(role, name = `a-${role}`) {
      const password = `the password of ${name}`
      const { id } = await fields('/users', { body: { name, role, password, mustChangePassword: false } })
      return { id: String(id), name, token: await signIn(name, password) }
    },
    stop,
  }
}

async function newFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'jairouter-joined-'))
  whenOver(() => rm(directory, { recursive: true, force: true }))
  return directory
}
