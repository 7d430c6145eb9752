import { tailMessageSchema, type TailMessage } from '@jairouter/contract/management/history'
import { describe, expect, it } from 'vitest'
import { tailTopic } from '../../src/admin/streaming/tail-topic.ts'
import { HistoryTail } from '../../src/history/history-tail.ts'
import { rowsOf } from '../../src/history/rows-of.ts'
import { newRecord } from '../../src/http/relay-handler.ts'
import type { RequestRecord } from '../../src/telemetry/request-record.ts'
import { askApi } from '../support/ask-api.ts'
import { openStream } from '../support/ask.ts'
import { openSse, type SseClient } from '../support/sse-client.ts'
import { startControlled, type Controlled } from '../support/start-controlled.ts'

const KEYS = { auth: { keys: [{ name: 'ci', key: 'key-of-ci' }] } }

function follow({ admin, token }: Controlled, q: string, as = token): Promise<SseClient> {
  return openSse(`${admin}/admin/api/history/tail?q=${encodeURIComponent(q)}`, { authorization: `Bearer ${as}` })
}

function rowsIn(client: SseClient): TailMessage['rows'] {
  return client.events.filter(({ event }) => event === 'rows').flatMap(({ data }) => tailMessageSchema.parse(data).rows)
}

async function until(client: SseClient, id: string, state = 'settled'): Promise<TailMessage['rows'][number] | undefined> {
  await client.next(() => rowsIn(client).some((row) => row.id === id && row.state === state))
  return rowsIn(client).find((row) => row.id === id && row.state === state)
}

describe('the tail of the history', () => {
  it('tells requests as they are let in and as they end, filtered', async () => {
    const controlled = await startControlled({ a: {} }, KEYS)
    const { chat, url, simulator } = controlled
    const all = await follow(controlled, '')
    const failed = await follow(controlled, 'status>=500 key:ci')
    expect(all.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const key = { authorization: 'Bearer key-of-ci' }
    await chat({}, { headers: { ...key, 'x-request-id': 'well' } })
    simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await chat({}, { headers: { ...key, 'x-request-id': 'failed' } })
    simulator('a').setFault('sim-chat', undefined)
    expect(await until(failed, 'failed')).toMatchObject({ status: 502, code: 'upstream_error', key: 'ci' })
    expect(rowsIn(failed).map(({ id }) => id)).toEqual(['failed'])
    const stream = await openStream(url, {}, { headers: { ...key, 'x-request-id': 'long', 'x-simulator-fault': 'stall:at=2' } })
    expect(await until(all, 'long', 'running')).toMatchObject({ phase: 'stream', status: 0, model: 'sim-chat', backend: 'a', key: 'ci' })
    stream.leave()
    expect(await until(all, 'long')).toMatchObject({ phase: null, status: 499 })
    await until(all, 'well')
    const messages = all.events.filter(({ event }) => event === 'rows').map(({ data }) => tailMessageSchema.parse(data))
    expect(messages.every(({ rows, shown, matched, dropped }) => rows.length === shown && matched === shown + dropped)).toBe(true)
    expect(rowsIn(all).filter(({ id, state }) => id === 'long' && state === 'running')).toHaveLength(1)
  })

  it('shows developers their own requests, without what only operators are to read', async () => {
    const controlled = await startControlled({ a: {} }, KEYS)
    const { admin, chat, simulator, userOf } = controlled
    const [developer, viewer] = [await userOf('developer'), await userOf('viewer')]
    const own = await follow(controlled, '', developer)
    const everything = await follow(controlled, '', viewer)
    expect([own.status, everything.status]).toEqual([200, 200])
    simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await chat({}, { headers: { authorization: 'Bearer key-of-ci', 'x-request-id': 'anothers' } })
    await chat({}, { headers: { authorization: `Bearer ${developer}`, 'x-request-id': 'mine' } })
    expect((await until(everything, 'mine'))?.error).not.toBe('')
    await until(everything, 'anothers')
    expect(await until(own, 'mine')).toMatchObject({ user: 'a-developer', error: '', status: 502 })
    expect(new Set(rowsIn(own).map(({ id }) => id))).toEqual(new Set(['mine']))
    // Nor by the name of another one's topic.
    const other = await openSse(`${admin}/admin/api/stream?topics=${encodeURIComponent('own-tail:a-developer:')}`, {
      authorization: `Bearer ${viewer}`,
    })
    expect(other.status).toBe(403)
  })

  it('is a topic of the stream for all topics, and says where a query can’t be read', async () => {
    const controlled = await startControlled({ a: {} }, KEYS)
    const { admin, token, chat } = controlled
    const { status, json } = await askApi(admin, 'GET /history/tail?q=status:x', { as: token })
    expect([status, json]).toMatchObject([400, { code: 'invalid_query', errors: [{ pointer: '/q' }] }])
    const topics = encodeURIComponent('tail:status:200%2C404 key:ci,jobs')
    const client = await openSse(`${admin}/admin/api/stream?topics=${topics}`, { authorization: `Bearer ${token}` })
    await client.next(({ event, data }) => event === 'snapshot' && data.topic === 'tail:status:200,404 key:ci')
    await chat({}, { headers: { authorization: 'Bearer key-of-ci', 'x-request-id': 'one' } })
    const delta = await client.next(({ event, data }) => event === 'delta' && data.topic?.startsWith('tail:') === true)
    expect(tailMessageSchema.parse(delta.data.data)).toMatchObject({ rows: [{ id: 'one' }], matched: 1, dropped: 0 })
  })

  it('counts what there is no room for, and holds none of it', () => {
    const tail = new HistoryTail({
      entryOf: (record) => rowsOf(record, { config: {}, starting: undefined }, 0),
      open: () => [],
      monotonic: () => 0,
    })
    const topic = tailTopic('tail:status:200', tail)
    const settle = (count: number) => {
      for (let index = 0; index < count; index += 1) tail.add(recordOf(index % 2 === 0 ? 200 : 404, `r-${index}`))
    }
    // Nobody follows yet.
    settle(10)
    expect(topic?.snapshot()).toEqual({ rows: [], shown: 0, matched: 0, dropped: 0 })
    expect(topic?.poll?.()).toBeUndefined()
    settle(10_000)
    const first = topic?.poll?.() as TailMessage
    expect([first.shown, first.matched, first.dropped, first.rows.length, first.rows.at(-1)?.id]).toEqual([50, 5_000, 4_950, 50, 'r-9998'])
    let merged = first
    for (let round = 0; round < 20; round += 1) {
      settle(100)
      merged = topic?.merge?.(merged, topic.poll?.()) as TailMessage
    }
    expect([merged.rows.length, merged.shown, merged.matched, merged.dropped]).toEqual([200, 200, 6_000, 5_800])
    topic?.forget?.()
    settle(10)
    expect(topic?.poll?.()).toBeUndefined()
  })
})

it('harms no request that it can’t tell of', () => {
  const tail = new HistoryTail({
    entryOf: () => {
      throw new Error('no row')
    },
    open: () => [],
    monotonic: () => 0,
  })
  const follower = tail.follow({ terms: [] })
  expect(() => tail.add(recordOf(200, 'r'))).not.toThrow()
  expect(follower.take()).toEqual({ rows: [], matched: 0 })
})

function recordOf(status: number, id: string): RequestRecord {
  return { ...newRecord({ id, endpoint: 'chat', address: '127.0.0.1', startedAt: 0, generation: 1 }), status }
}
