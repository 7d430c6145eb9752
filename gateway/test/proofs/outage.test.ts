import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { countOf, endsIdle, inParallel, startFleet } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const REQUESTS = 300
const WIDTH = 8
const MEMBER = { backend: { models: ['sim-chat'] } }
const HANG = { name: 'hang' } satisfies Fault

describe('all backends down', () => {
  it.each([
    { how: 'refuse connections', fault: undefined, code: 'no_healthy_instance' },
    { how: 'close them at once', fault: { name: 'close-on-accept' } satisfies Fault, code: 'no_healthy_instance' },
    { how: 'reset them at once', fault: { name: 'reset-on-accept' } satisfies Fault, code: 'no_healthy_instance' },
  ])('and known to be: no request waits for any of them; they $how', async ({ fault, code }) => {
    const fleet = await startFleet({ one: MEMBER, two: MEMBER, three: MEMBER })
    for (const simulator of Object.values(fleet.simulators)) {
      if (fault === undefined) await simulator.setDown(true)
      else simulator.setFault('*', fault)
    }
    await eventually(async () => expect(await fleet.chat()).toMatchObject({ status: 503, code, attempts: 0 }))
    const known = fleet.records.length
    const answers = await inParallel(REQUESTS, WIDTH, (index) => fleet.chat({ stream: index % 2 === 0 }))
    expect(countOf(answers.map(({ status, code }) => `${status} ${code}`))).toEqual({ [`503 ${code}`]: REQUESTS })
    await fleet.settled(known + REQUESTS)
    expect(fleet.records.slice(known).flatMap(({ attempts }) => attempts)).toEqual([])
  })

  it('is found out from the first requests: few are sent, and fewer again', async () => {
    const fleet = await startFleet({ one: MEMBER, two: MEMBER, three: MEMBER })
    await Promise.all(Object.values(fleet.simulators).map((simulator) => simulator.setDown(true)))
    const answers = await inParallel(REQUESTS, WIDTH, () => fleet.chat())
    expect(answers.filter(({ status }) => status !== 502 && status !== 503)).toEqual([])
    await fleet.settled(REQUESTS)
    const attempts = fleet.records.flatMap(({ attempts }) => attempts)
    // One refusal takes a backend out: what else is sent was under way by then.
    expect(attempts.length).toBeGreaterThanOrEqual(3)
    expect(attempts.length).toBeLessThanOrEqual(3 * WIDTH)
  })

  it.each([500, 502, 504])('in HTTP: at most 1.2 calls a request and 3, of which none is waited out: status %i', async (status) => {
    const fleet = await startFleet({ one: MEMBER, two: MEMBER, three: MEMBER })
    for (const simulator of Object.values(fleet.simulators)) simulator.setFault('*', { name: 'status', status })
    const answers = await inParallel(REQUESTS, WIDTH, () => fleet.chat())
    expect(answers.filter(({ status }) => status < 500)).toEqual([])
    await fleet.settled(REQUESTS)
    expect(fleet.records.flatMap(({ attempts }) => attempts).length).toBeLessThanOrEqual(1.2 * REQUESTS + 3)
  })

  it.each(['one', 'two'] as const)('in HTTP, and known to be: nobody waits for the next try; %s', async (size) => {
    const fleet = await startFleet(size === 'one' ? { one: MEMBER } : { one: MEMBER, two: MEMBER })
    for (const simulator of Object.values(fleet.simulators)) simulator.setFault('*', { name: 'status', status: 500 })
    // So many in a row that any breaker that may has opened, and that those which may not would have.
    await inParallel(30, 1, () => fleet.chat())
    const known = fleet.records.length
    const answers = await inParallel(REQUESTS, WIDTH, () => fleet.chat())
    expect(countOf(answers.map(({ status, code }) => `${status} ${code}`))).toEqual({ '502 upstream_error': REQUESTS })
    await fleet.settled(known + REQUESTS)
    const later = fleet.records.slice(known)
    expect(later.filter(({ pausedMs }) => pausedMs > 0)).toEqual([])
    // One has nobody to try instead.
    if (size === 'one') expect(later.flatMap(({ attempts }) => attempts)).toHaveLength(REQUESTS)
    for (const simulator of Object.values(fleet.simulators)) simulator.setFault('*', undefined)
    expect(await fleet.chat()).toMatchObject({ status: 200 })
  })

  it('in silence: who hangs is waited for a few times only', async () => {
    const fleet = await startFleet({ one: MEMBER, two: MEMBER }, { defaults: { timeouts: { response: '30ms' } } })
    for (const simulator of Object.values(fleet.simulators)) for (const path of ['*', '/health']) simulator.setFault(path, HANG)
    const answers = await inParallel(60, 1, () => fleet.chat())
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([504, 503]))
    // Three in a row take a backend out.
    expect(fleet.records.flatMap(({ attempts }) => attempts)).toHaveLength(6)
  })
})

/** Every connection breaks while it is down; once it is up, so many probes pass and the next ones are left open. */
async function startReturning() {
  let passes = 0
  let up = false
  const open = new Set<ServerResponse>()
  const server = await startScripted(({ method }, response) => {
    if (!up) return void response.socket?.resetAndDestroy()
    if (method === 'POST') return answerJson(response, { choices: [{ index: 0, message: { content: 'back' }, finish_reason: 'stop' }] })
    if (passes === 0) return void open.add(response)
    passes -= 1
    answerJson(response, {})
  })
  return {
    url: server.url,
    /** A probe is waiting, so all before it have passed. */
    held: () => open.size,
    returnFor(count: number) {
      up = true
      passes = count
    },
    pass() {
      for (const response of open) answerJson(response, {})
      open.clear()
    },
  }
}

describe('a backend that is back', () => {
  async function startDown(healthyAfter: number) {
    const backend = await startReturning()
    const health = { interval: '20ms', timeout: '1h', unhealthyAfter: 1, healthyAfter }
    const gateway = await startGateway({
      backends: [{ id: 'only', type: 'openai-compatible', url: backend.url, models: ['sim-chat'], health }],
    })
    endsIdle(gateway)
    await eventually(async () => expect(await chat(gateway.url)).toMatchObject({ status: 503, attempts: 0 }))
    return { backend, ask: () => chat(gateway.url) }
  }

  it('serves again from the first probe that it passes, where one is enough', async () => {
    const { backend, ask } = await startDown(1)
    backend.returnFor(1)
    await eventually(() => expect(backend.held()).toBe(1))
    const answers = await inParallel(50, WIDTH, ask)
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 50 })
    backend.pass()
  })

  it('serves again from the second one, where two are asked for, and not before', async () => {
    const { backend, ask } = await startDown(2)
    backend.returnFor(1)
    await eventually(() => expect(backend.held()).toBe(1))
    expect(await ask()).toMatchObject({ status: 503, attempts: 0 })
    backend.returnFor(1)
    backend.pass()
    await eventually(() => expect(backend.held()).toBe(1))
    expect(await ask()).toMatchObject({ status: 200 })
    backend.pass()
  })
})
