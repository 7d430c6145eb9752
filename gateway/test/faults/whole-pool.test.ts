import { memoryUsage } from 'node:process'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted } from '../support/scripted-server.ts'
import { countOf, inParallel, LIVELY, QUIET, startFleet } from '../support/start-fleet.ts'
import { errorBodyOf } from '../support/start-faulty.ts'

const MEBIBYTE = 1024 ** 2

describe('a backend that refuses connections', () => {
  it.each(['down', 'reset-on-accept', 'close-on-accept'] as const)(
    'costs nobody an answer in 1,000 requests: %s',
    async (how) => {
      const fleet = await startFleet({ bad: { backend: { models: ['sim-chat'] } }, good: { backend: { models: ['sim-chat'] } } })
      if (how === 'down') await fleet.simulator('bad').setDown(true)
      else fleet.simulator('bad').setFault('*', { name: how })
      const answers = await inParallel(1_000, 20, () => fleet.chat())
      expect(countOf(answers.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 good': 1_000 })
      // Out of service after a few: it is not asked first a thousand times.
      const attempts = fleet.records.flatMap((record) => record.attempts).filter(({ backend }) => backend === 'bad')
      expect(attempts.length).toBeLessThan(100)
    },
    60_000,
  )
})

describe('all backends down', () => {
  it('is said at once, with Retry-After, without asking them', async () => {
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'] } }, two: { backend: { models: ['sim-chat'] } } })
    await Promise.all(Object.values(fleet.simulators).map((simulator) => simulator.setDown(true)))
    expect((await fleet.chat()).status).toBe(502)
    const answers = await inParallel(100, 10, (index) => fleet.chat({ stream: index % 2 === 0 }))
    expect(countOf(answers.map(({ status, code }) => `${status} ${code}`))).toEqual({ '503 no_healthy_instance': 100 })
    for (const { headers, text } of answers) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
      errorBodyOf(text)
    }
    await fleet.settled(101)
    // Two of the first request, and none after it.
    expect(fleet.records.flatMap(({ attempts }) => attempts)).toHaveLength(2)
  })

  it('ends when they are back', async () => {
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'], health: LIVELY } } })
    await fleet.simulator('one').setDown(true)
    await eventually(async () => expect(await fleet.chat()).toMatchObject({ status: 503 }))
    await fleet.simulator('one').setDown(false)
    await eventually(async () => expect(await fleet.chat()).toMatchObject({ status: 200 }))
    const answers = await inParallel(100, 10, () => fleet.chat())
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 100 })
  })
})

describe('bytes behind an answer', () => {
  it.each([{ name: 'poison' }, { name: 'short-body' }, { name: 'half-headers' }] satisfies Fault[])(
    'never reach another request: $name',
    async (fault) => {
      const fleet = await startFleet({ one: { backend: { models: ['sim-chat'], health: { ...QUIET, unhealthyAfter: 100 } } } })
      // Every other request is answered with bytes too many, by turns with sound ones on the same connections.
      fleet.simulator('one').setFault('sim-chat', { ...fault, rate: 0.5 })
      const answers = await inParallel(300, 8, (index) => fleet.chat({ messages: [{ role: 'user', content: `question ${index % 7}` }] }))
      const contents = new Map<number, Set<string>>()
      for (const [index, { status, text }] of answers.entries()) {
        expect(text).not.toContain('foreign')
        if (status !== 200) {
          expect([status, errorBodyOf(text).type]).toEqual([502, 'upstream_error'])
          continue
        }
        const known = contents.get(index % 7) ?? new Set()
        contents.set(index % 7, known.add(JSON.stringify(JSON.parse(text).choices)))
      }
      // To one question there is one answer.
      expect([...contents.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1, 1, 1])
    },
  )
})

describe('an answer without an end in sight', () => {
  it.each([
    { fault: { name: 'huge-json' } satisfies Fault, more: {} },
    { fault: { name: 'endless-event' } satisfies Fault, more: { stream: true } },
    { fault: { name: 'endless-lines' } satisfies Fault, more: { stream: true } },
    { fault: { name: 'huge-event' } satisfies Fault, more: { stream: true } },
    { fault: { name: 'gzip-bomb' } satisfies Fault, more: {} },
    { fault: { name: 'gzip-bomb' } satisfies Fault, more: { stream: true } },
  ])('is cut at the cap and takes no more memory than twice that: $fault.name $more', async ({ fault, more }) => {
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'] } } })
    fleet.simulator('one').setFault('sim-chat', fault)
    let highest = 0
    const before = memoryUsage().rss
    const watch = setInterval(() => {
      highest = Math.max(highest, memoryUsage().rss - before)
    }, 5)
    const answer = await fleet.chat(more)
    clearInterval(watch)
    expect([answer.status, answer.code]).toEqual([502, 'upstream_protocol_error'])
    expect(highest).toBeLessThan(320 * MEBIBYTE)
    await fleet.simulator('one').waitFor((simulator) => simulator.inFlight() === 0)
  })
})

describe('a redirect', () => {
  it('to another address is not followed', async () => {
    const elsewhere = await startScripted((_request, response) => {
      response.end('{"choices":[]}')
    })
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'] } } })
    for (const status of [301, 302, 303, 307, 308]) {
      fleet.simulator('one').setFault('sim-chat', { name: 'redirect', status, location: `${elsewhere.url}/v1/chat/completions` })
      const answer = await fleet.chat()
      expect([answer.status, answer.code]).toEqual([502, 'upstream_error'])
      expect(answer.text).not.toContain(elsewhere.url)
      expect(answer.headers.location).toBeUndefined()
    }
    expect(elsewhere.requests).toEqual([])
  })
})

describe('a server that speaks another protocol', () => {
  it('leaves the gateway standing', async () => {
    const fleet = await startFleet({ one: { backend: { models: ['sim-chat'], health: { ...QUIET, unhealthyAfter: 100 } } } })
    const faults: readonly Fault[] = [
      { name: 'garbage' },
      { name: 'http-0.9' },
      { name: 'odd-status' },
      { name: 'odd-status', status: 999 },
      { name: 'bare-cr' },
      { name: 'huge-headers', bytes: 2_000_000 },
      { name: 'many-headers', count: 20_000 },
      { name: 'switching-protocols' },
      { name: 'duplicate-content-length' },
    ]
    for (const fault of faults) {
      fleet.simulator('one').setFault('sim-chat', fault)
      const answer = await chat(fleet.url)
      expect([fault.name, answer.status, answer.code]).toEqual([fault.name, 502, 'upstream_protocol_error'])
      fleet.simulator('one').setFault('sim-chat', undefined)
      expect((await fleet.chat()).status).toBe(200)
    }
  })
})
