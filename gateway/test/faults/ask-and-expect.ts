import { expect } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { errorBodyOf, startFaulty, TOKENS, type Faulty } from '../support/start-faulty.ts'
import { dataOf } from '../support/sse-data.ts'
import { describeFault, FAULT_ROWS, type FaultRow, type Outcome } from './fault-table.ts'

const PATH = '/v1/chat/completions'
export const messages = [{ role: 'user' as const, content: 'Say something.' }]
/** For what only a time limit ends. Long enough that the healthy backend keeps within it on a busy machine. */
const SHORT = { connect: '5s', response: '600ms', firstToken: '600ms', idle: '600ms' }

export interface Case {
  readonly row: FaultRow
  readonly streamed: boolean
  readonly name: string
}
export const CASES: readonly Case[] = FAULT_ROWS.flatMap((row) =>
  [false, true].map((streamed) => ({ row, streamed, name: `${describeFault(row.fault)}, ${streamed ? 'streamed' : 'plain'}` })),
)
export const outcomeOf = ({ row, streamed }: Case): Outcome => (streamed ? row.stream : row.plain)

export async function startCase({ row }: Case, second: boolean): Promise<Faulty> {
  const defaults = {
    ...(row.silent === true ? { timeouts: SHORT } : {}),
    // What the client reads is the fault's own doing, not that of the same backend asked again.
    ...(second ? {} : { retry: { attempts: 1 } }),
  }
  const started = await startFaulty({ second, config: { defaults } })
  started.faulty.setFault('*', row.fault)
  return started
}

export function ask({ post }: Pick<Faulty, 'post'>, streamed: boolean): Promise<Response> {
  return post(PATH, JSON.stringify({ model: 'sim-chat', messages, ...(streamed ? { stream: true } : {}) }))
}

/** What a whole answer says. */
function textOf(body: string, streamed: boolean): string {
  if (!streamed) return JSON.parse(body).choices[0].message.content
  const events = dataOf(body)
  expect(events.at(-1)).toBe('[DONE]')
  return events
    .slice(0, -1)
    .map((event): string => JSON.parse(event).choices[0]?.delta?.content ?? '')
    .join('')
}

/** The same from a model server without faults and without a gateway. */
const right = askDirectly()
async function askDirectly(): Promise<string> {
  const simulator = await startSimulator({ tokens: TOKENS })
  const response = await fetch(`${simulator.url}${PATH}`, { method: 'POST', body: JSON.stringify({ model: 'sim-chat', messages }) })
  const text = textOf(await response.text(), false)
  await simulator.close()
  if (text === '') throw new Error('the simulator says nothing')
  return text
}

export async function expectAnswer(response: Response, streamed: boolean, from: 'first' | 'second'): Promise<void> {
  const body = await response.text()
  expect([response.status, response.headers.get('x-jairouter-backend')], body).toEqual([200, from])
  expect(response.headers.get('content-type')).toMatch(streamed ? /^text\/event-stream/ : /^application\/json/)
  expect(response.headers.get('x-jairouter-attempts')).toBe(from === 'first' ? '1' : '2')
  expect(textOf(body, streamed)).toBe(await right)
}

export async function expectRefusal(response: Response, outcome: Extract<Outcome, { kind: 'refused' }>): Promise<void> {
  const { status, code, message, retryAfter } = outcome
  const error = errorBodyOf(await response.text())
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json'])
  expect(error.code ?? '').toMatch(code)
  if (message === undefined) expect(error.message).not.toMatch(/simulat|unauthori|balance|127\.0\.0\.1|169\.254/i)
  else expect(error.message).toBe(message)
  if (retryAfter === true) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
}

/** Something came, then an error event, and never the sign of a whole answer. */
export async function expectBroken(response: Response, outcome: Extract<Outcome, { kind: 'broken' }>): Promise<void> {
  const body = await response.text()
  expect(response.status, body).toBe(200)
  expect(body.endsWith('\n\n')).toBe(true)
  const events = dataOf(body)
  expect(events.length).toBeGreaterThan(1)
  expect(errorBodyOf(events.at(-1) ?? '')).toMatchObject({ code: outcome.code, param: null })
  expect(events).not.toContain('[DONE]')
}

/** Whole and well-formed, or a 502 that says that the backend is at fault, or a stream that says so in its last event. */
export async function expectBounded(response: Response, streamed: boolean): Promise<void> {
  const body = new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer())
  if (response.status === 502) {
    expect(errorBodyOf(body).code).toBe('upstream_protocol_error')
    return
  }
  expect(response.status, body).toBe(200)
  const last = streamed ? (dataOf(body).at(-1) ?? '') : ''
  if (last.startsWith('{"error"')) {
    expect(errorBodyOf(last).code).toBe('stream_interrupted')
    expect(dataOf(body)).not.toContain('[DONE]')
  } else expect(textOf(body, streamed)).not.toBe('')
}
