import { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { FAULT_NAMES } from '../../src/simulator/faults/table.ts'
import { errorBodyOf, startFaulty, type Faulty } from '../support/start-faulty.ts'
import { collect, eventsOf } from '../support/start-pair.ts'
import { describeFault, FAULT_ROWS, type FaultRow, type Outcome } from './fault-table.ts'

const PATH = '/v1/chat/completions'
const messages = [{ role: 'user' as const, content: 'Say something.' }]
/** For what only a time limit ends. Long enough that the healthy backend keeps within it on a busy machine. */
const SHORT = { connect: '5s', response: '600ms', firstToken: '600ms', idle: '600ms' }

interface Case {
  readonly row: FaultRow
  readonly streamed: boolean
  readonly name: string
}
const CASES: readonly Case[] = FAULT_ROWS.flatMap((row) =>
  [false, true].map((streamed) => ({ row, streamed, name: `${describeFault(row.fault)}, ${streamed ? 'streamed' : 'plain'}` })),
)
const outcomeOf = ({ row, streamed }: Case): Outcome => (streamed ? row.stream : row.plain)

async function start({ row }: Case, second: boolean): Promise<Faulty> {
  const started = await startFaulty({ second, ...(row.silent === true ? { config: { defaults: { timeouts: SHORT } } } : {}) })
  started.faulty.setFault('*', row.fault)
  return started
}

function ask({ post }: Pick<Faulty, 'post'>, streamed: boolean): Promise<Response> {
  return post(PATH, JSON.stringify({ model: 'sim-chat', messages, ...(streamed ? { stream: true } : {}) }))
}

/** What a whole answer says. */
function textOf(body: string, streamed: boolean): string {
  if (!streamed) return JSON.parse(body).choices[0].message.content
  const events = eventsOf(body)
  expect(events.at(-1)).toBe('[DONE]')
  return events
    .slice(0, -1)
    .map((event): string => JSON.parse(event).choices[0]?.delta?.content ?? '')
    .join('')
}

/** The same from a model server without faults. */
async function rightText(): Promise<string> {
  const { faulty, client } = await startFaulty({ second: false })
  const { choices } = await client.chat.completions.create({ model: 'sim-chat', messages })
  expect(faulty.seen.filter(({ method }) => method === 'POST')).toHaveLength(1)
  return choices[0]?.message.content ?? ''
}

async function expectAnswer(response: Response, streamed: boolean, from: string): Promise<void> {
  const body = await response.text()
  expect([response.status, response.headers.get('x-jairouter-backend')], body).toEqual([200, from])
  expect(response.headers.get('content-type')).toMatch(streamed ? /^text\/event-stream/ : /^application\/json/)
  expect(response.headers.get('x-jairouter-attempts')).toBe(from === 'first' ? '1' : '2')
  const text = textOf(body, streamed)
  expect(text).toBe(await rightText())
  expect(text).not.toBe('')
}

async function expectRefusal(response: Response, outcome: Extract<Outcome, { kind: 'refused' }>): Promise<void> {
  const { status, code, message, retryAfter } = outcome
  const error = errorBodyOf(await response.text())
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json'])
  expect(error.code).toMatch(code)
  if (message === undefined) expect(error.message).not.toMatch(/simulat|unauthori|balance|127\.0\.0\.1|169\.254/i)
  else expect(error.message).toBe(message)
  if (retryAfter === true) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
}

/** Something came, then an error event, and never the sign of a whole answer. */
async function expectBroken(response: Response, outcome: Extract<Outcome, { kind: 'broken' }>): Promise<void> {
  const body = await response.text()
  expect(response.status).toBe(200)
  expect(body.endsWith('\n\n')).toBe(true)
  const events = eventsOf(body)
  expect(events.length).toBeGreaterThan(1)
  expect(errorBodyOf(events.at(-1) ?? '')).toMatchObject({ code: outcome.code, param: null })
  expect(events).not.toContain('[DONE]')
}

/** Whole and well-formed, or a 502 that says that the backend is at fault, or a stream that says so in its last event. */
async function expectBounded(response: Response, streamed: boolean): Promise<void> {
  const body = new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer())
  if (response.status === 502) return expect(errorBodyOf(body).code).toBe('upstream_protocol_error') as void
  expect(response.status).toBe(200)
  const last = streamed ? (eventsOf(body).at(-1) ?? '') : ''
  if (last.startsWith('{"error"')) {
    expect(errorBodyOf(last).code).toBe('stream_interrupted')
    expect(eventsOf(body)).not.toContain('[DONE]')
  } else expect(textOf(body, streamed)).not.toBe('')
}

/** The same backend, now well, on a connection that a fault may have spoilt: the process and its pools live. */
async function expectAlive(started: Faulty): Promise<void> {
  started.faulty.setFault('*', undefined)
  const response = await ask(started, false)
  expect([response.status, await response.json()]).toMatchObject([200, { object: 'chat.completion' }])
}

it('has a row for every fault of the simulator', () => {
  const rows = new Set(FAULT_ROWS.map(({ fault }) => fault.name))
  expect(FAULT_NAMES.filter((name) => !rows.has(name))).toEqual([])
})

describe('a fault without another backend', () => {
  it.each(CASES)('$name', async (test) => {
    const started = await start(test, false)
    const outcome = outcomeOf(test)
    const response = await ask(started, test.streamed)
    if (outcome.kind === 'answered') await expectAnswer(response, test.streamed, 'first')
    else if (outcome.kind === 'refused') await expectRefusal(response, outcome)
    else if (outcome.kind === 'broken') await expectBroken(response, outcome)
    else await expectBounded(response, test.streamed)
    await started.gateway.settled(1)
    expect(started.gateway.records[0]).toMatchObject({ status: response.status, attempts: [{ backend: 'first' }] })
    await expectAlive(started)
  })
})

describe('a fault with a healthy backend behind', () => {
  it.each(CASES)('$name', async (test) => {
    const started = await start(test, true)
    const outcome = outcomeOf(test)
    const response = await ask(started, test.streamed)
    if (outcome.kind === 'answered') await expectAnswer(response, test.streamed, 'first')
    else if (outcome.kind === 'refused' && outcome.final !== true) await expectAnswer(response, test.streamed, 'second')
    else if (outcome.kind === 'refused') await expectRefusal(response, outcome)
    else if (outcome.kind === 'broken') await expectBroken(response, outcome)
    else await expectBounded(response, test.streamed)
    const asked = started.healthy?.seen.filter(({ method }) => method === 'POST').length
    if (outcome.kind !== 'bounded') expect(asked).toBe(outcome.kind === 'refused' && outcome.final !== true ? 1 : 0)
  })
})

describe('a stream that breaks', () => {
  it.each(CASES.filter((test) => test.streamed && test.row.stream.kind === 'broken'))('is thrown by the SDK: $name', async (test) => {
    const { client } = await start(test, false)
    const stream = await client.chat.completions.create({ model: 'sim-chat', messages, stream: true })
    const error: unknown = await collect(stream).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: expect.stringMatching(/^(stream_interrupted|upstream_timeout)$/) })
  })
})
