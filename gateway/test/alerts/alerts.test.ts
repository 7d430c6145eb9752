import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../src/lib/json.ts'
import { ask } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted, type ScriptedRequest } from '../support/scripted-server.ts'
import { openSse } from '../support/sse-client.ts'
import { startControlled } from '../support/start-controlled.ts'
import { isSigned } from './check-signature.ts'

const SECRET = 'canary-of-a-webhook-secret'
const PROMPT = 'canary of a prompt that nobody else may read'
const BODY_CANARY = 'canary of what the model server said'

const bodyOf = ({ body }: ScriptedRequest): JsonObject => {
  const read: unknown = JSON.parse(body.toString())
  return isObject(read) ? read : {}
}
const alertsOf = (request: ScriptedRequest) => bodyOf(request)['alerts'] as JsonObject[]

async function startReceiver(status = 204) {
  return startScripted((_, response) => void response.writeHead(status).end())
}

describe('an alert', () => {
  it('is found, told to a webhook with a signature, shown everywhere, and told to be over', { timeout: 60_000 }, async () => {
    const receiver = await startReceiver()
    const controlled = await startControlled(
      { a: { faults: { 'sim-chat': { name: 'status', status: 500, body: JSON.stringify({ error: { message: BODY_CANARY } }) } } } },
      {
        defaults: { retry: { attempts: 1 }, breaker: { enabled: false } },
        alerts: {
          every: '1s',
          builtin: false,
          rules: [
            {
              name: 'chat-errors',
              kind: 'error-rate',
              above: 0.2,
              window: '2s',
              minimum: 3,
              severity: 'critical',
              labels: { team: 'ml' },
              receivers: ['ops', 'log'],
            },
          ],
          receivers: [
            { name: 'ops', url: `${receiver.url}/hook?to=team`, secret: SECRET, headers: { authorization: 'Bearer canary-of-a-token' } },
          ],
        },
      },
    )
    const { api, admin, token } = controlled
    const stream = await openSse(`${admin}/admin/api/stream?topics=alert`, { authorization: `Bearer ${token}` })
    expect((await stream.next(({ event }) => event === 'snapshot')).data.data).toEqual({ items: [] })

    const failing = setInterval(() => void controlled.chat({ messages: [{ role: 'user', content: PROMPT }] }), 100)
    const told = await eventually(() => receiver.requests[0] ?? Promise.reject(new Error('nobody was told')))
    clearInterval(failing)
    expect(told).toMatchObject({
      method: 'POST',
      path: '/hook?to=team',
      headers: { 'content-type': 'application/json', authorization: 'Bearer canary-of-a-token' },
    })
    expect(isSigned(told, SECRET, Date.now())).toBe(true)
    expect(isSigned(told, `${SECRET}x`, Date.now())).toBe(false)
    expect(isSigned({ ...told, body: Buffer.concat([told.body, Buffer.from(' ')]) }, SECRET, Date.now())).toBe(false)
    expect(bodyOf(told)).toMatchObject({
      version: 1,
      receiver: 'ops',
      more: 0,
      alerts: [
        {
          status: 'firing',
          repeated: false,
          rule: 'chat-errors',
          kind: 'error-rate',
          severity: 'critical',
          labels: { team: 'ml', service: 'chat', model: 'sim-chat' },
          value: 1,
          above: 0.2,
          endedAt: null,
        },
      ],
    })

    expect((await stream.next(({ data }) => data.type === 'firing')).data).toMatchObject({ topic: 'alert', data: { rule: 'chat-errors' } })
    expect((await api('GET', '/alerts/rules')).json).toMatchObject({
      items: [{ name: 'chat-errors', builtin: false, receivers: ['ops', 'log'] }],
    })
    // The window has nothing in it any more.
    const over = await eventually(
      () =>
        receiver.requests.find((request) => alertsOf(request)[0]?.['status'] === 'resolved') ?? Promise.reject(new Error('it is not over')),
    )
    expect(isSigned(over, SECRET, Date.now())).toBe(true)
    expect(alertsOf(over)[0]).toMatchObject({ rule: 'chat-errors', state: 'resolved', endedAt: expect.any(String) })
    expect(receiver.requests).toHaveLength(2)
    await stream.next(({ data }) => data.type === 'resolved')
    const listed = await api('GET', '/alerts')
    expect(listed.json).toMatchObject({ firing: [], pending: [], resolved: [{ rule: 'chat-errors', state: 'resolved' }] })
    const metrics = (await ask(`${controlled.url}/metrics`)).text
    expect(metrics).toContain('jairouter_alerts{rule="chat-errors",severity="critical",state="firing"} 0\n')
    expect(metrics).toContain('jairouter_alert_notices_total{receiver="ops",result="sent"} 2\n')
    expect(controlled.logged()).toMatch(/"level":50,[^\n]*alert: 100 % of the requests to sim-chat have failed/)

    const failures = await api('GET', '/failures')
    const shown = [
      ...receiver.requests.map(({ body }) => body.toString()),
      listed.text,
      metrics,
      failures.text,
      (await api('GET', '/config/export')).text,
    ]
    for (const secret of [PROMPT, SECRET, 'canary-of-a-token']) expect(shown.filter((text) => text.includes(secret))).toEqual([])
    // What the server said is for who may see failures; it leaves the gateway in no message.
    for (const { body } of receiver.requests) expect(body.toString()).not.toContain(BODY_CANARY)
  })

  it('keeps its state over a config that is reloaded, is silenced, and is over when its rule goes', { timeout: 60_000 }, async () => {
    const receiver = await startReceiver()
    const controlled = await startControlled(
      { a: { down: true } },
      {
        alerts: {
          every: '1s',
          builtin: false,
          notify: ['ops'],
          rules: [{ name: 'out', kind: 'backend-down' }],
          receivers: [{ name: 'ops', url: receiver.url }],
        },
      },
    )
    const { api } = controlled
    const firing = async () => (await api('GET', '/alerts')).json['firing'] as JsonObject[]
    await eventually(async () => expect(await firing()).toMatchObject([{ labels: { backend: 'a' }, quiet: null }]))
    await eventually(() => expect(receiver.requests).toHaveLength(1))
    const [before] = await firing()
    // Without a secret there is nothing to sign with.
    expect(receiver.requests[0]?.headers).not.toHaveProperty('x-jairouter-signature')

    expect((await api('POST', '/alert-rules', { name: 'more', kind: 'queue-length' })).status).toBe(201)
    expect((await api('POST', '/alerts/silences', { match: { backend: 'a*' }, for: '1h', reason: 'new driver' })).status).toBe(201)
    await eventually(async () =>
      expect(await firing()).toMatchObject([{ id: before?.['id'], firedAt: before?.['firedAt'], quiet: 'silenced' }]),
    )
    const silences = (await api('GET', '/alerts/silences')).json['items'] as JsonObject[]
    expect(silences).toMatchObject([{ match: { backend: 'a*' }, by: 'ada', reason: 'new driver' }])
    expect((await api('DELETE', `/alerts/silences/${String(silences[0]?.['id'])}`)).status).toBe(204)
    expect((await api('DELETE', `/alerts/silences/${String(silences[0]?.['id'])}`)).status).toBe(404)

    expect((await api('DELETE', '/alert-rules/out')).status).toBe(204)
    await eventually(() => expect(receiver.requests.map((request) => alertsOf(request)[0]?.['status'])).toEqual(['firing', 'resolved']))
    expect(await firing()).toEqual([])
  })
})

describe('receivers', () => {
  it('are tried out, and reach no address that is not allowed', async () => {
    const [taking, refusing] = [await startReceiver(), await startReceiver(500)]
    const controlled = await startControlled({}, { admin: { port: 0 } })
    const { api, admin } = controlled
    const add = (name: string, url: string) => api('POST', '/alert-receivers', { name, url, secret: SECRET })
    expect((await add('taking', taking.url)).status).toBe(201)
    expect((await add('refusing', refusing.url)).status).toBe(201)
    expect((await add('own', `${admin}/admin/api/users`)).status).toBe(201)
    const tried = async (name: string) => (await api('POST', `/alerts/receivers/${name}/test`)).json
    expect(await tried('taking')).toMatchObject({ ok: true })
    expect(await tried('refusing')).toMatchObject({ ok: false, why: 'status 500' })
    expect(await tried('own')).toMatchObject({ ok: false, why: 'ERR_ADDRESS_NOT_ALLOWED' })
    expect(await tried('log')).toMatchObject({ ok: true })
    expect((await api('POST', '/alerts/receivers/nobody/test')).status).toBe(404)
    expect(controlled.logged()).toContain('alert: The backend none (a test) is out')
    expect((await add('metadata', 'http://169.254.169.254/')).status).toBe(422)

    // What is shown is that there is a secret; what is sent back as it was shown stays.
    const [request] = taking.requests
    if (request === undefined) throw new Error('nothing was sent')
    expect(isSigned(request, SECRET, Date.now())).toBe(true)
    const shown = await api('GET', '/alert-receivers/taking')
    expect(shown.text).not.toContain(SECRET)
    expect((await api('PUT', '/alert-receivers/taking', shown.json)).status).toBe(200)
    await tried('taking')
    expect(isSigned(taking.requests[1] ?? request, SECRET, Date.now())).toBe(true)
    const listed = (await api('GET', '/alerts/receivers?sort=name')).json['items']
    expect(listed).toMatchObject([
      { name: 'own' },
      { name: 'refusing', lastError: { why: 'status 500' } },
      { name: 'taking', lastError: null },
    ])
    expect(controlled.logged()).not.toContain(SECRET)
  })
})

describe('failures', () => {
  it('are grouped, listed, looked at by minutes, and muted', { timeout: 60_000 }, async () => {
    const controlled = await startControlled(
      { a: { faults: { 'sim-chat': { name: 'status', status: 500 } } }, b: { backend: { models: ['sim-embedding'] } } },
      { defaults: { retry: { attempts: 1 }, breaker: { enabled: false } } },
    )
    const { api } = controlled
    for (let count = 0; count < 3; count += 1) await controlled.chat({}, { headers: { 'x-request-id': `example-${count}` } })
    await controlled.chat({ model: 'nobody' })
    await eventually(() => expect(controlled.records).toHaveLength(4))
    const items = async (query = '') => (await api('GET', `/failures${query}`)).json['items'] as JsonObject[]
    const [first, second] = await items('?sort=-count')
    expect(first).toMatchObject({
      model: 'sim-chat',
      backend: 'a',
      status: 502,
      class: 'upstream',
      count: 3,
      hidden: false,
      mute: null,
      examples: ['example-2', 'example-1', 'example-0'],
    })
    expect(second).toMatchObject({ status: 404, class: 'client', count: 1 })
    expect(await items('?class=client')).toHaveLength(1)
    expect(await items('?q=sim-chat')).toHaveLength(1)
    const paged = (await api('GET', '/failures?limit=1&sort=count')).json
    expect(paged).toMatchObject({ items: [{ count: 1 }], total: { value: 2 } })
    expect(await items(`?limit=1&sort=count&cursor=${String(paged['next'])}`)).toMatchObject([{ count: 3 }])

    const id = String(first?.['id'])
    const one = (await api('GET', `/failures/${id}`)).json
    const { lines } = one['series'] as { lines: { v: number[] }[] }
    expect(lines[0]?.v.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect((await api('POST', `/failures/${id}/mute`, { reason: 'known', for: '1h' })).json).toMatchObject({
      mute: { by: 'ada', reason: 'known' },
    })
    expect(await items('?muted=true')).toMatchObject([{ id }])
    expect((await api('POST', `/failures/${id}/unmute`)).status).toBe(204)
    expect((await api('POST', `/failures/${id}/unmute`)).status).toBe(404)
    expect((await api('GET', '/failures/0000000000000000')).status).toBe(404)
    expect((await api('GET', '/failures/nothing')).status).toBe(404)
  })

  it('that were seen for the first time are an alert, unless they are muted', { timeout: 60_000 }, async () => {
    const controlled = await startControlled(
      { a: { faults: { 'sim-chat': { name: 'status', status: 500 } } } },
      {
        defaults: { retry: { attempts: 1 }, breaker: { enabled: false } },
        alerts: { every: '1s', builtin: false, rules: [{ name: 'new', kind: 'new-failure' }] },
      },
    )
    const { api } = controlled
    await controlled.chat()
    const firing = async () => (await api('GET', '/alerts')).json['firing'] as JsonObject[]
    await eventually(async () =>
      expect(await firing()).toMatchObject([{ rule: 'new', labels: { model: 'sim-chat', backend: 'a', status: '502' } }]),
    )
    const [alert] = await firing()
    const { failure = '' } = Object(alert?.['labels']) as { failure?: string }
    await api('POST', `/failures/${failure}/mute`, {})
    await eventually(async () => expect(await firing()).toEqual([]))
  })
})

describe('a rule that is tried', () => {
  it('is played over the history, says what it looked at, and tells nobody', { timeout: 60_000 }, async () => {
    const controlled = await startControlled(
      { a: { faults: { 'sim-chat': { name: 'status', status: 500 } } } },
      { defaults: { retry: { attempts: 1 }, breaker: { enabled: false } }, alerts: { builtin: false } },
    )
    const { api } = controlled
    const from = new Date(Date.now() - 60_000).toISOString()
    for (let count = 0; count < 5; count += 1) await controlled.chat()
    const test = (rule: object) => api('POST', '/alerts/rules/test', { rule, range: { from } })
    const errors = { name: 'x', kind: 'error-rate', above: 0.5, minimum: 5 }
    await eventually(async () => expect((await test(errors)).json).toMatchObject({ looked: 5 }))
    // The last look may have been before the last request; one that is made later is not.
    await eventually(async () => {
      const { json } = await api('POST', '/alerts/rules/test', {
        rule: errors,
        range: { from: new Date(Date.now() - 15_000).toISOString() },
      })
      expect(json).toMatchObject({ firings: [{ labels: { service: 'chat', model: 'sim-chat' }, value: 1 }], notices: 1 })
    }, 30_000)
    expect((await test({ ...errors, minimum: 6 })).json).toMatchObject({ firings: [], notices: 0 })
    expect((await test({ name: 'x', kind: 'budget' })).json).toMatchObject({ covered: null, firings: [] })
    expect((await test({ name: 'x', kind: 'budget', percentile: 5 })).json).toMatchObject({ errors: [{ pointer: '/rule/percentile' }] })
    expect((await api('POST', '/alerts/rules/test', { name: 'nobody' })).json).toMatchObject({ errors: [{ pointer: '/name' }] })
    expect((await api('POST', '/alerts/rules/test', {})).status).toBe(400)
    expect((await api('GET', '/alerts')).json).toMatchObject({ firing: [], pending: [], resolved: [] })
  })
})
