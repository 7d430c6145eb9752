import { expect, it } from 'vitest'
import { AUDIT_LOG } from '../../src/auth/audit/audit-entry.ts'
import type { AnyRoute } from '../../src/admin/route.ts'
import { isObject, stringOf, type JsonObject } from '../../src/lib/json.ts'
import { askApi, type ApiAnswer } from '../support/ask-api.ts'
import { ADMIN, startControlled, type Controlled } from '../support/start-controlled.ts'

const nameOf = ({ method, path }: Pick<AnyRoute, 'method' | 'path'>) => `${method} ${path}`

/** What is asked with a body, and changes nothing. */
const ASKING: ReadonlySet<string> = new Set([
  'POST /alerts/rules/test',
  'POST /config/validate',
  'POST /content-rules/test',
  'POST /explain',
  'POST /keys/preview',
  'POST /requests/:id/explain',
  'PUT /stream/:id/topics',
])

interface Step {
  /** As in the table of operations. */
  readonly route: string
  readonly path?: string
  readonly body?: unknown
  readonly text?: string
  readonly type?: string
  /** Of the one entry that it leaves. */
  readonly action: string
  readonly target?: string
  /** What the entry holds: `-` nothing, `a` what is there afterwards, `b` what was before. */
  readonly holds?: 'a' | 'b' | 'ab'
  /** Default: the admin's. */
  readonly as?: string
  /** Looks at the answer. */
  readonly then?: (answer: ApiAnswer) => void
}

const BACKEND = { id: 'extra', type: 'vllm', url: 'http://127.0.0.1:9', models: ['m'], health: { enabled: false } }
const SECRET = 'canary-of-a-secret-1234'
const HASH = 'a'.repeat(64)
/** Every section of settings, by something that may stand there. */
const SETTINGS: Readonly<Record<string, object>> = {
  server: { heartbeat: '20s' },
  auth: { failures: { limit: 20 } },
  admin: { hosts: ['gateway.example'] },
  network: { privateAddresses: true },
  audit: { keep: '1000h' },
  log: { level: 'info' },
  config: { keep: 500 },
  store: { type: 'memory' },
  explain: { sample: 0.5 },
  tracing: { ratio: 0.5 },
  history: { maxRows: 5000 },
  alerts: { repeat: '1h' },
}

/** One write through every operation, each as whoever comes after the ones before. */
class Walk {
  readonly #controlled: Controlled
  readonly walked = new Set<string>()
  readonly #token: string

  constructor(controlled: Controlled) {
    this.#controlled = controlled
    this.#token = controlled.token
  }

  async entries(): Promise<readonly JsonObject[]> {
    const read = await this.#controlled.store.read(AUDIT_LOG, { after: 0, limit: 10_000 })
    return read.map(({ body }) => body)
  }

  async take({ route, path, body, text, type, action, target, holds, as, then }: Step): Promise<ApiAnswer> {
    const [method = '', pattern = ''] = route.split(' ')
    const before = (await this.entries()).length
    const answer = await askApi(this.#controlled.admin, `${method} ${path ?? pattern}`, {
      as: as ?? this.#token,
      ...(text === undefined ? {} : { text }),
      ...(body === undefined ? {} : { body }),
      headers: type === undefined ? {} : { 'content-type': type },
    })
    expect(answer.status, `${route}: ${answer.text}`).toBeLessThan(300)
    const left = (await this.entries()).slice(before)
    expect(
      left.map((entry) => entry['action']),
      route,
    ).toEqual([action])
    const [entry = {}] = left
    expect(entry, route).toMatchObject({ result: 'ok', ...(target === undefined ? {} : { target }) })
    if (as === undefined && !route.includes('/session')) expect(entry['by'], route).toBe(ADMIN.name)
    if (holds?.includes('a') === true) expect(entry['after'], `${route}: after`).toBeDefined()
    if (holds?.includes('b') === true) expect(entry['before'], `${route}: before`).toBeDefined()
    expect(JSON.stringify(entry), route).not.toContain(SECRET)
    this.walked.add(route)
    then?.(answer)
    return answer
  }

  idIn(answer: ApiAnswer): string {
    return stringOf(answer.json['id'])
  }
}

async function config(walk: Walk): Promise<void> {
  const patch = { weight: 2 }
  await walk.take({
    route: 'POST /backends',
    body: { ...BACKEND, apiKey: SECRET },
    action: 'backend.create',
    target: 'backends/extra',
    holds: 'a',
  })
  await walk.take({
    route: 'PATCH /backends/:id',
    path: '/backends/extra',
    body: patch,
    action: 'backend.update',
    target: 'backends/extra',
    holds: 'ab',
  })
  await walk.take({
    route: 'PUT /backends/:id',
    path: '/backends/extra',
    body: { ...BACKEND, apiKey: `${SECRET}-2` },
    action: 'backend.update',
  })
  await walk.take({
    route: 'DELETE /backends/:id',
    path: '/backends/extra',
    action: 'backend.delete',
    target: 'backends/extra',
    holds: 'b',
  })
  const model = { name: 'smart', targets: [{ backend: 'a', model: 'sim-chat' }] }
  await walk.take({ route: 'POST /models', body: model, action: 'model.create', target: 'models/smart', holds: 'a' })
  await walk.take({ route: 'PATCH /models/*', path: '/models/smart', body: { aliases: ['clever'] }, action: 'model.update', holds: 'a' })
  const experiment = { groups: [{ name: 'control' }] }
  await walk.take({ route: 'PUT /models/*', path: '/models/smart', body: { ...model, experiment }, action: 'model.update' })
  await walk.take({ route: 'DELETE /experiments/:service/*', path: '/experiments/chat/smart', action: 'experiment.reset' })
  await walk.take({ route: 'DELETE /models/*', path: '/models/smart', action: 'model.delete', holds: 'b' })
  await walk.take({ route: 'POST /adapters', body: { id: 'mine', extends: 'vllm' }, action: 'adapter.create', target: 'adapters/mine' })
  await walk.take({ route: 'PATCH /adapters/:id', path: '/adapters/mine', body: { label: 'Mine' }, action: 'adapter.update' })
  await walk.take({ route: 'PUT /adapters/:id', path: '/adapters/mine', body: { extends: 'ollama' }, action: 'adapter.update' })
  await walk.take({ route: 'DELETE /adapters/:id', path: '/adapters/mine', action: 'adapter.delete' })
  const rule = { name: 'mail', match: { builtin: 'email' }, action: 'flag' }
  await walk.take({ route: 'POST /content-rules', body: rule, action: 'contentRule.create' })
  await walk.take({
    route: 'PATCH /content-rules/:id',
    path: '/content-rules/mail',
    body: { action: 'mask' },
    action: 'contentRule.update',
  })
  await walk.take({ route: 'PUT /content-rules/:id', path: '/content-rules/mail', body: rule, action: 'contentRule.update' })
  await walk.take({ route: 'DELETE /content-rules/:id', path: '/content-rules/mail', action: 'contentRule.delete' })
  await walk.take({ route: 'PATCH /defaults', body: { slow: '20s' }, action: 'defaults.update', target: 'defaults' })
  await walk.take({ route: 'PUT /defaults', body: { slow: '30s' }, action: 'defaults.update' })
  await walk.take({
    route: 'PATCH /services/:service',
    path: '/services/chat',
    body: { slow: '20s' },
    action: 'service.update',
    target: 'services/chat',
  })
  await walk.take({ route: 'PUT /services/:service', path: '/services/chat', body: { slow: '30s' }, action: 'service.update' })
  await walk.take({ route: 'DELETE /services/:service', path: '/services/chat', action: 'service.delete' })
  const expectation = { model: 'sim-chat', goesTo: ['a'] }
  await walk.take({ route: 'PUT /expectations', body: { expect: [expectation] }, action: 'expectations.update', target: 'expectations' })
  await walk.take({ route: 'PATCH /expectations', body: { expect: [] }, action: 'expectations.update' })
  await walk.take({ route: 'PUT /prices', body: { 'sim-chat': { input: 1 } }, action: 'prices.update', target: 'prices' })
  await walk.take({ route: 'PATCH /prices', body: { 'sim-chat': { input: 2 } }, action: 'prices.update' })
}

async function settings(walk: Walk): Promise<void> {
  for (const [name, fields] of Object.entries(SETTINGS)) {
    const route = `PATCH /settings/${name}`
    await walk.take({ route, body: fields, action: 'settings.update', target: `settings/${name}` })
    // The other way round, so that there is something to change.
    await walk.take({
      route: `PUT /settings/${name}`,
      body: name === 'server' ? { port: 0 } : {},
      action: 'settings.update',
    })
  }
}

async function versions(walk: Walk, controlled: Controlled): Promise<void> {
  const text = async () => (await controlled.api('GET', '/config/export')).text
  const yaml = 'application/yaml'
  await walk.take({ route: 'PUT /config/text', text: `${await text()}\n# one\n`, type: yaml, action: 'config.text' })
  await walk.take({ route: 'POST /config/import', text: `${await text()}\n# two\n`, type: yaml, action: 'config.import' })
  await walk.take({ route: 'PUT /config/drafts', body: { text: `${await text()}\n# three\n` }, action: 'draft.update' })
  await walk.take({
    route: 'PATCH /config/drafts',
    body: { edits: [{ op: 'put', path: ['defaults', 'slow'], value: '44s' }] },
    action: 'draft.update',
  })
  await walk.take({ route: 'DELETE /config/drafts', action: 'draft.delete' })
  const patch = (slow: string) => ({ patch: { defaults: { slow } }, confirmWithin: '10m' })
  await walk.take({ route: 'POST /config/apply', body: patch('45s'), action: 'config.apply' })
  await walk.take({ route: 'POST /config/confirm', action: 'config.confirm' })
  await controlled.api('POST', '/config/apply', patch('46s'))
  await walk.take({ route: 'POST /config/revert', action: 'config.revert' })
  await walk.take({
    route: 'POST /config/versions/:number/rollback',
    path: '/config/versions/1/rollback',
    body: {},
    action: 'config.rollback',
  })
  await walk.take({ route: 'DELETE /config/versions/:number', path: '/config/versions/2', action: 'config.version.delete' })
}

async function access(walk: Walk): Promise<void> {
  const key = walk.idIn(await walk.take({ route: 'POST /keys', body: { name: 'app' }, action: 'key.create', holds: 'a' }))
  await walk.take({
    route: 'PATCH /keys/:id',
    path: `/keys/${key}`,
    body: { note: 'x' },
    action: 'key.update',
    target: `keys/${key}`,
    holds: 'ab',
  })
  await walk.take({ route: 'POST /keys/:id/rotate', path: `/keys/${key}/rotate`, body: {}, action: 'key.rotate' })
  await walk.take({ route: 'DELETE /keys/:id', path: `/keys/${key}`, action: 'key.revoke', holds: 'b' })
  await walk.take({ route: 'POST /keys/import', body: { keys: [{ name: 'taken', hash: HASH }] }, action: 'key.import' })
  await walk.take({ route: 'POST /teams', body: { id: 'blue', name: 'Blue' }, action: 'team.create' })
  await walk.take({ route: 'PATCH /teams/:id', path: '/teams/blue', body: { members: ['ada'] }, action: 'team.update', holds: 'ab' })
  await walk.take({ route: 'DELETE /teams/:id', path: '/teams/blue', action: 'team.delete', holds: 'b' })
  const budget = { id: 'few', scope: 'all', unit: 'requests', amount: 5, period: 'day' }
  await walk.take({ route: 'POST /budgets', body: budget, action: 'budget.create' })
  await walk.take({ route: 'PATCH /budgets/:id', path: '/budgets/few', body: { amount: 6 }, action: 'budget.update', holds: 'ab' })
  await walk.take({ route: 'DELETE /budgets/:id', path: '/budgets/few', action: 'budget.delete' })
  const block = walk.idIn(
    await walk.take({ route: 'POST /blocks', body: { kind: 'address', value: '192.0.2.0/24' }, action: 'block.create' }),
  )
  await walk.take({ route: 'PATCH /blocks/:id', path: `/blocks/${block}`, body: { reason: 'noise' }, action: 'block.update' })
  await walk.take({ route: 'DELETE /blocks/:id', path: `/blocks/${block}`, action: 'block.delete' })
}

async function people(walk: Walk, controlled: Controlled): Promise<void> {
  const body = { name: 'bob', role: 'viewer', password: 'the password of bob', mustChangePassword: false }
  const id = walk.idIn(await walk.take({ route: 'POST /users', body, action: 'user.create', holds: 'a' }))
  await walk.take({ route: 'PATCH /users/:id', path: `/users/${id}`, body: { displayName: 'Bob' }, action: 'user.update', holds: 'ab' })
  const signIn = async () => {
    const { json } = await askApi(controlled.admin, 'POST /session', { body: { name: 'bob', password: body.password } })
    return json
  }
  const given = await walk.take({ route: 'POST /session', as: '', body: { name: 'bob', password: body.password }, action: 'session.login' })
  const refreshed = await askApi(controlled.admin, 'POST /session/refresh', { body: { refreshToken: given.json['refreshToken'] } })
  expect(refreshed.status).toBe(200)
  const token = stringOf(refreshed.json['accessToken'])
  const sessionIds = async () => {
    const { json } = await askApi(controlled.admin, 'GET /me/sessions', { as: token })
    return (json['items'] as { id: string; current: boolean }[]).filter(({ current }) => !current).map((session) => session.id)
  }
  await walk.take({ route: 'POST /session/step-up', as: token, body: { password: body.password }, action: 'session.step-up' })
  await walk.take({ route: 'PATCH /me/preferences', as: token, body: { zone: 'UTC' }, action: 'user.preferences' })
  await signIn()
  const [second = ''] = await sessionIds()
  await walk.take({ route: 'DELETE /me/sessions/:id', path: `/me/sessions/${second}`, as: token, action: 'session.revoke' })
  await signIn()
  const [third = ''] = await sessionIds()
  await walk.take({ route: 'DELETE /sessions/:id', path: `/sessions/${third}`, action: 'session.revoke' })
  await walk.take({ route: 'DELETE /session', as: token, action: 'session.logout' })
  const again = stringOf((await signIn())['accessToken'])
  const password = { oldPassword: body.password, password: 'another password of bob' }
  await walk.take({ route: 'POST /me/password', as: again, body: password, action: 'user.password' })
  await walk.take({ route: 'DELETE /users/:id/sessions', path: `/users/${id}/sessions`, action: 'session.revoke' })
  await walk.take({ route: 'DELETE /users/:id', path: `/users/${id}`, action: 'user.delete', holds: 'b' })
}

async function live(walk: Walk, controlled: Controlled): Promise<void> {
  controlled.simulator('a').setFault('sim-chat', { name: 'hang' })
  const leaving = new AbortController()
  const open = fetch(`${controlled.url}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { 'content-type': 'application/json', 'x-request-id': 'to-be-ended' },
    body: JSON.stringify({ model: 'sim-chat', messages: [{ role: 'user', content: 'Hello' }] }),
  }).catch(() => undefined)
  await expect.poll(() => controlled.simulator('a').seen.filter(({ method }) => method === 'POST').length).toBe(1)
  const drained = await walk.take({ route: 'POST /instances/*', path: '/instances/a/sim-chat/drain', body: {}, action: 'instance.drain' })
  const { job } = drained.json
  await walk.take({ route: 'DELETE /jobs/:id', path: `/jobs/${String(job)}`, action: 'job.cancel', target: 'instances/a/sim-chat' })
  await walk.take({
    route: 'POST /requests/:id/abort',
    path: '/requests/to-be-ended/abort',
    action: 'request.abort',
    target: 'requests/to-be-ended',
  })
  leaving.abort()
  await open
  await walk.take({ route: 'POST /instances/*', path: '/instances/a/sim-chat/enable', body: {}, action: 'instance.enable' })
  await walk.take({ route: 'POST /instances/*', path: '/instances/a/sim-chat/disable', body: {}, action: 'instance.disable' })
  await walk.take({ route: 'PUT /log/level', body: { level: 'debug', for: '1m' }, action: 'log.override', holds: 'a' })
  await walk.take({ route: 'DELETE /log/level', action: 'log.override-cleared', holds: 'b' })
  await walk.take({ route: 'POST /audit/verify', action: 'audit.verify' })
}

async function alerts(walk: Walk, controlled: Controlled): Promise<void> {
  const rule = { name: 'errors', kind: 'error-rate' }
  await walk.take({ route: 'POST /alert-rules', body: rule, action: 'alertRule.create', target: 'alert-rules/errors', holds: 'a' })
  await walk.take({ route: 'PATCH /alert-rules/:id', path: '/alert-rules/errors', body: { above: 0.1 }, action: 'alertRule.update' })
  await walk.take({ route: 'PUT /alert-rules/:id', path: '/alert-rules/errors', body: rule, action: 'alertRule.update' })
  await walk.take({ route: 'DELETE /alert-rules/:id', path: '/alert-rules/errors', action: 'alertRule.delete', holds: 'b' })
  const receiver = { name: 'ops', url: 'http://127.0.0.1:9/', secret: SECRET }
  await walk.take({ route: 'POST /alert-receivers', body: receiver, action: 'alertReceiver.create', holds: 'a' })
  const path = '/alert-receivers/ops'
  await walk.take({ route: 'PATCH /alert-receivers/:id', path, body: { timeout: '1s' }, action: 'alertReceiver.update' })
  await walk.take({ route: 'PUT /alert-receivers/:id', path, body: { ...receiver, secret: `${SECRET}-2` }, action: 'alertReceiver.update' })
  await walk.take({ route: 'POST /alerts/receivers/:name/test', path: '/alerts/receivers/log/test', action: 'alert.test' })
  await walk.take({ route: 'DELETE /alert-receivers/:id', path, action: 'alertReceiver.delete' })
  const silence = { match: { rule: 'errors' }, for: '1h' }
  const id = walk.idIn(await walk.take({ route: 'POST /alerts/silences', body: silence, action: 'alert.silence', holds: 'a' }))
  await walk.take({ route: 'DELETE /alerts/silences/:id', path: `/alerts/silences/${id}`, action: 'alert.unsilence', holds: 'b' })
  await controlled.chat({ model: 'nobody' })
  await expect
    .poll(async () => ((await controlled.api('GET', '/failures')).json['items'] as JsonObject[])[0]?.['id'])
    .toMatch(/^[\da-f]{16}$/)
  const [{ id: failure = '' } = {}] = (await controlled.api('GET', '/failures')).json['items'] as { id?: string }[]
  await walk.take({ route: 'POST /failures/:id/mute', path: `/failures/${failure}/mute`, body: {}, action: 'failure.mute', holds: 'a' })
  await walk.take({ route: 'POST /failures/:id/unmute', path: `/failures/${failure}/unmute`, action: 'failure.unmute' })
}

it('every write that succeeds leaves exactly one entry in the audit, which holds no secret', async () => {
  const controlled = await startControlled({ a: { backend: { models: ['sim-chat'] } } }, { auth: { mode: 'none' } })
  const walk = new Walk(controlled)
  const first = await walk.entries()
  expect(first.map((entry) => entry['action']).toSorted()).toEqual(['config.seed', 'session.login', 'setup'].toSorted())
  walk.walked.add('POST /setup').add('POST /session/refresh')
  await config(walk)
  await settings(walk)
  await versions(walk, controlled)
  await access(walk)
  await people(walk, controlled)
  await alerts(walk, controlled)
  await live(walk, controlled)
  const writes = (await controlled.control.routes()).filter(({ method }) => method !== 'GET').map(nameOf)
  expect(writes.filter((name) => !walk.walked.has(name) && !ASKING.has(name))).toEqual([])
}, 60_000)

it('every write that is refused is on record, or counted there where there are too many', async () => {
  const controlled = await startControlled({})
  const { admin, control, store } = controlled
  const token = await controlled.userOf('developer')
  const refusable = (await control.routes()).filter(({ method, permission }) => method !== 'GET' && permission !== 'public')
  const { last: before } = await store.extent(AUDIT_LOG)
  for (const { method, path } of refusable) {
    const target = path
      .replace(/:(number|sequence)/, '1')
      .replace(':service', 'chat')
      .replaceAll(/:\w+|\*/g, 'x')
    // No operation takes this, not even from those who may do what it does.
    const { status } = await askApi(admin, `${method} ${target}?dryRun=perhaps`, { as: token })
    expect(status, `${method} ${path}`).toBeGreaterThanOrEqual(400)
  }
  let asked = refusable.length
  await expect
    .poll(
      async () => {
        // Another one tells how many were only counted.
        await askApi(admin, 'DELETE /keys/x?dryRun=perhaps', { as: token })
        asked += 1
        const entries = (await store.read(AUDIT_LOG, { after: before, limit: 10_000 })).map(({ body }) => body)
        const refused = entries.filter(({ result, action }) => result === 'refused' && String(action).startsWith('refused.'))
        const counted = refused.map(({ after }) => Number(isObject(after) ? (after['suppressedBefore'] ?? 0) : 0))
        return asked - refused.length - counted.reduce((sum, count) => sum + count, 0)
      },
      { timeout: 10_000, interval: 200 },
    )
    .toBe(0)
}, 30_000)
