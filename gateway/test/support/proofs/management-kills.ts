import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import type { StoreAddress } from '../../store/kill-rounds.ts'
import { askApi } from '../ask-api.ts'
import { chat } from '../ask.ts'

export interface ManagementKillsOptions {
  readonly kills: number
  /** Acknowledged writes after which it is killed, at most. */
  readonly writes: number
  readonly random?: () => number
}

export interface ManagementKillsReport {
  readonly kills: number
  readonly acknowledged: number
  /** What was not as it has to be; none: everything that was acknowledged was there, every time. */
  readonly failures: readonly string[]
}

const MAIN = fileURLToPath(new URL('../../../src/jairouter.cjs', import.meta.url))
const PASSWORD = 'the password of this proof'
const START_LIMIT_MS = 300_000
/** Starts that are killed before anybody can write, beside the kills that are counted. */
const EARLY = { share: 0.15, withinMs: 2_500 } as const

/** What was acknowledged since the last look: resource → the ids, names or numbers that have to be there. */
interface Heard {
  readonly ids: Record<'keys' | 'teams' | 'blocks' | 'users', string[]>
  readonly versions: number[]
  /** Number in the alias of the last acknowledged change of the model. */
  alias: number
  /** A change of it that was sent and not acknowledged when the process died. */
  pending: number | undefined
  /** Acknowledged writes of all rounds. */
  count: number
  /** Names that were ever asked for: what was not acknowledged may be there all the same. */
  names: number
}

/** A gateway is written to over its API and killed by SIGKILL at a random moment, again and again; each time the next one is asked for everything. */
export async function managementKills(store: StoreAddress, options: ManagementKillsOptions): Promise<ManagementKillsReport> {
  const { kills, writes, random = Math.random } = options
  const simulator = await startSimulator({ name: 'a', record: false })
  const file = writeConfig(store, simulator.url)
  const failures: string[] = []
  const heard: Heard = {
    ids: { keys: [], teams: [], blocks: [], users: [] },
    versions: [],
    alias: 0,
    pending: undefined,
    count: 0,
    names: 0,
  }
  let done = 0
  try {
    while (done < kills) {
      if (random() < EARLY.share) {
        const early = startServe(file)
        await delay(random() * EARLY.withinMs)
        await killed(early.child)
      }
      const served = await started(file)
      failures.push(...(await look(served, heard)).map((problem) => `before kill ${done + 1}: ${problem}`))
      await writeUntilKilled(served, heard, { after: Math.ceil(random() * writes), spreadMs: random() * 30 })
      done += 1
    }
    const last = await started(file)
    failures.push(...(await look(last, heard)).map((problem) => `at the end: ${problem}`))
    await killed(last.child)
    return { kills, acknowledged: heard.count, failures }
  } finally {
    await simulator.close()
  }
}

function writeConfig({ type, path, url }: StoreAddress, backend: string): string {
  mkdirSync(path, { recursive: true })
  const file = join(path, 'jairouter.yaml')
  const config = {
    server: { port: 0, overload: { enabled: false } },
    store: { type, path: join(path, 'data'), ...(url === undefined ? {} : { url }) },
    config: { keep: 100_000 },
    backends: [{ id: 'a', type: 'openai-compatible', url: backend, models: ['sim-chat'] }],
    models: [{ name: 'counted', targets: [{ backend: 'a', model: 'sim-chat' }], aliases: ['number-0'] }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

interface Starting {
  readonly child: ChildProcess
  /** What it said, as long as it does not say where it listens. */
  readonly url: Promise<string>
}

function startServe(file: string): Starting {
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', file], {
    env: { PATH: process.env['PATH'], JAIROUTER_ADMIN_PASSWORD: PASSWORD },
    cwd: join(file, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = new Promise<string>((resolve, reject) => {
    let said = ''
    const hear = (text: string) => {
      said = (said + text).slice(-20_000)
      const [, found] = /"url":"([^"]+)"/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('close', () => reject(new Error(`the gateway ended by itself: ${said}`)))
  })
  url.catch(() => {})
  return { child, url }
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve))
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  else return
  await gone
}

interface Served {
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
}

async function started(file: string): Promise<Served> {
  const { child, url: starting } = startServe(file)
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS)
  const url = await starting
  clearTimeout(timer)
  const { json, text } = await askApi(url, 'POST /session', { body: { name: 'admin', password: PASSWORD } })
  if (typeof json['accessToken'] !== 'string') throw new Error(`nobody can sign in any more: ${text}`)
  return { child, url, token: json['accessToken'] }
}

interface Moment {
  readonly after: number
  readonly spreadMs: number
}

/** Several clients write until the process is gone. */
async function writeUntilKilled({ child, url, token }: Served, heard: Heard, { after, spreadMs }: Moment): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const gone = new Promise((resolve) => child.once('close', resolve))
  const begunAt = heard.count
  const acknowledge = () => {
    heard.count += 1
    if (heard.count - begunAt === after) setTimeout(() => child.kill('SIGKILL'), spreadMs)
  }
  const post = async (target: string, body: object) => {
    const { status, json, text } = await askApi(url, target, { as: token, body, agent })
    if (status >= 300) throw new Error(`${target}: ${status} ${text}`)
    return json
  }
  const next = () => (heard.names += 1)
  const loops = [
    untilBroken(child, async () => {
      heard.pending = heard.alias + 1
      const aliases = [`number-${heard.pending}`]
      const { status, text, headers } = await askApi(url, 'PATCH /models/counted', { as: token, body: { aliases }, agent })
      if (status !== 200) throw new Error(`PATCH /models/counted: ${status} ${text}`)
      heard.alias = heard.pending
      heard.pending = undefined
      const version = Number(headers['x-jairouter-config-version'])
      if (version > 0) heard.versions.push(version)
      acknowledge()
    }),
    untilBroken(child, async () => {
      heard.ids.keys.push(String((await post('POST /keys', { name: `k${next()}` }))['id']))
      acknowledge()
    }),
    untilBroken(child, async () => {
      const n = next()
      const value = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`
      if (n % 2 === 0) heard.ids.teams.push(String((await post('POST /teams', { id: `t${n}` }))['id']))
      else heard.ids.blocks.push(String((await post('POST /blocks', { kind: 'address', value }))['id']))
      acknowledge()
    }),
    untilBroken(child, async () => {
      const body = { name: `u${next()}`, role: 'viewer', password: 'one of many passwords' }
      heard.ids.users.push(String((await post('POST /users', body))['id']))
      acknowledge()
    }),
  ]
  const faults = await Promise.all(loops)
  await gone
  agent.destroy()
  const fault = faults.find((one) => one !== undefined)
  if (fault !== undefined) throw fault
}

/** What was wrong although the process still lived. */
async function untilBroken(child: ChildProcess, write: () => Promise<void>): Promise<Error | undefined> {
  for (;;) {
    try {
      await write()
    } catch (error) {
      if (child.killed) return undefined
      child.kill('SIGKILL')
      return error instanceof Error ? error : new Error(String(error))
    }
  }
}

/** What is not there that was acknowledged; afterwards it need not be looked for again. */
async function look({ url, token }: Served, heard: Heard): Promise<readonly string[]> {
  const problems: string[] = []
  for (const resource of ['keys', 'teams', 'blocks', 'users'] as const) {
    const there = await idsOf(url, token, resource)
    const missing = heard.ids[resource].filter((id) => !there.has(id))
    if (missing.length > 0) problems.push(`${missing.length} of ${heard.ids[resource].length} ${resource} are not there: ${missing[0]}`)
    heard.ids[resource].length = 0
  }
  for (const version of heard.versions.splice(0)) {
    const { status } = await askApi(url, `GET /config/versions/${version}`, { as: token })
    if (status !== 200) problems.push(`version ${version} is not there: ${status}`)
  }
  const { json } = await askApi(url, 'GET /models/counted', { as: token })
  const found = Number(/number-(\d+)/.exec(JSON.stringify(json['aliases']))?.[1])
  if (found !== heard.alias && found !== heard.pending)
    problems.push(`the config has ${found} in force, and ${heard.alias} was acknowledged last`)
  heard.alias = found
  heard.pending = undefined
  const asked = await chat(url, { model: `number-${found}` }, { headers: { authorization: `Bearer ${token}` } })
  if (asked.status !== 200) problems.push(`the config in force answers ${asked.status} ${asked.text}`)
  const { json: chain, text } = await askApi(url, 'GET /audit/verify', { as: token })
  if (chain['ok'] !== true) problems.push(`the audit is not as it was written: ${text}`)
  return problems
}

async function idsOf(url: string, token: string, resource: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  let cursor: unknown
  do {
    const page = cursor === undefined ? '' : `&cursor=${encodeURIComponent(String(cursor))}`
    const { json, status, text } = await askApi(url, `GET /${resource}?limit=500${page}`, { as: token })
    if (status !== 200) throw new Error(`GET /${resource}: ${status} ${text}`)
    for (const item of json['items'] as readonly { readonly id?: string; readonly name?: string }[]) ids.add(item.id ?? item.name ?? '')
    cursor = json['next']
  } while (cursor !== undefined)
  return ids
}
