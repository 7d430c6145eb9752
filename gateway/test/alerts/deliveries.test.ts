import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Deliveries } from '../../src/alerting/deliveries.ts'
import type { WebhookSettings } from '../../src/config/snapshot.ts'
import { createAlertWebhook } from '../../src/upstream/alert-webhook.ts'
import { OPEN_POLICY } from '../../src/upstream/policed-connect.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted, type Script } from '../support/scripted-server.ts'
import { whenOver } from '../support/when-over.ts'
import { isSigned } from './check-signature.ts'

const SECRET = 'canary-of-a-webhook-secret'

/** Waits are noted, and over at once. */
function open(settings: Partial<WebhookSettings> & { readonly url: string }) {
  const waits: number[] = []
  const failed: string[] = []
  const held: (() => void)[] = []
  const state = { holds: false }
  const receiver = { name: 'ops', secret: SECRET, headers: {}, timeoutMs: 5_000, attempts: 5, ...settings }
  const deliveries = new Deliveries({
    open: (given) => createAlertWebhook(given, () => OPEN_POLICY),
    now: Date.now,
    random: () => 0,
    after(milliseconds, callback) {
      waits.push(milliseconds)
      if (state.holds) held.push(callback)
      else queueMicrotask(callback)
      return () => {}
    },
    onFailed: (name, why) => void failed.push(`${name}: ${why}`),
  })
  deliveries.follow(new Map([['ops', receiver]]))
  whenOver(() => deliveries.close())
  return { deliveries, receiver, waits, failed, state, held, one: () => deliveries.states()[0] }
}

/** The first answers, then 200. */
async function startFaulty(...faults: readonly ((response: ServerResponse) => void)[]) {
  let next = 0
  const script: Script = (_, response) => {
    const fault = faults[next]
    next += 1
    if (fault === undefined) response.writeHead(200).end()
    else fault(response)
  }
  return startScripted(script)
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end('canary of an answer')

describe('a message', () => {
  it('is tried again with longer and longer pauses, signed anew, under the same id', async () => {
    const server = await startFaulty(status(500), status(503), (response) => response.destroy(), status(429, { 'retry-after': '7' }))
    const { deliveries, waits, one } = open({ url: server.url })
    deliveries.send('ops', { hello: 'ops' })
    await eventually(() => expect(one()).toMatchObject({ sent: 1, failed: 0, retried: 4, waiting: 0, lastError: null }))
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(server.requests).toHaveLength(5)
    for (const request of server.requests) expect(isSigned(request, SECRET, Date.now())).toBe(true)
    expect(new Set(server.requests.map(({ headers }) => headers['x-jairouter-delivery'])).size).toBe(1)
  })

  it('waits as long as the receiver asks, within a bound', async () => {
    const server = await startFaulty(status(503, { 'retry-after': '9' }), status(503, { 'retry-after': '300' }))
    const { deliveries, waits, one } = open({ url: server.url })
    deliveries.send('ops', {})
    await eventually(() => expect(one()).toMatchObject({ sent: 1 }))
    expect(waits).toEqual([9_000, 60_000])
  })

  it.each([400, 401, 404, 302])('is given up at once with %s, which stays so, and nothing that was said is shown', async (code) => {
    const server = await startFaulty(status(code, { location: 'http://127.0.0.1:9/' }))
    const { deliveries, failed, one } = open({ url: server.url })
    deliveries.send('ops', {})
    await eventually(() => expect(one()).toMatchObject({ sent: 0, failed: 1, retried: 0, lastError: { why: `status ${code}` } }))
    expect(failed).toEqual([`ops: status ${code}`])
  })

  it('is given up after all its tries, to a receiver that is dead as to one that is slow', async () => {
    const server = await startScripted(() => {})
    const slow = open({ url: server.url, timeoutMs: 100, attempts: 2 })
    slow.deliveries.send('ops', {})
    await eventually(() => expect(slow.one()).toMatchObject({ failed: 1, retried: 1, lastError: { why: 'no answer in time' } }))
    const dead = open({ url: 'http://127.0.0.1:9/', attempts: 3 })
    dead.deliveries.send('ops', {})
    await eventually(() => expect(dead.one()).toMatchObject({ failed: 1, retried: 2, lastError: { why: 'ECONNREFUSED' } }))
  })
})

describe('messages', () => {
  it('that wait have a bound: the oldest make room, and are counted', async () => {
    const server = await startFaulty(status(500))
    const { deliveries, one, state, held } = open({ url: server.url })
    state.holds = true
    deliveries.send('ops', { number: 0 })
    await eventually(() => expect(held).toHaveLength(1))
    for (let number = 1; number <= 50; number += 1) deliveries.send('ops', { number })
    expect(one()).toMatchObject({ waiting: 20, dropped: 31 })
    state.holds = false
    held[0]?.()
    await eventually(() => expect(one()).toMatchObject({ sent: 20, waiting: 0 }))
    const numbers = server.requests.map(({ body }) => Object(JSON.parse(body.toString()))['number'] as number)
    expect(numbers).toEqual([0, 0, ...Array.from({ length: 19 }, (_, index) => 32 + index)])
  })

  it('go to the address that holds, also those that wait', async () => {
    const [before, after] = [await startFaulty(status(500), status(500)), await startFaulty()]
    const { deliveries, receiver, one, state, held } = open({ url: before.url })
    state.holds = true
    deliveries.send('ops', {})
    await eventually(() => expect(held).toHaveLength(1))
    deliveries.follow(new Map([['ops', { ...receiver, url: after.url }]]))
    held[0]?.()
    await eventually(() => expect(one()).toMatchObject({ sent: 1 }))
    expect([before.requests.length, after.requests.length]).toEqual([1, 1])
    deliveries.follow(new Map())
    expect(deliveries.states()).toEqual([])
  })
})
