import { describe, expect, it } from 'vitest'
import { chat, messages } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startFleet } from '../support/start-fleet.ts'

const ONE = { only: { backend: { models: ['sim-chat', 'sim-embedding'] } } }
const CACHED = { defaults: { cache: { ttl: '1h' } } } as const

describe.each([false, true])('a chat with stream %s', (stream) => {
  it('that was answered is answered again byte by byte, without a call', async () => {
    const fleet = await startFleet(ONE, CACHED)
    const first = await fleet.chat({ stream })
    const second = await fleet.chat({ stream })
    expect(first.headers['x-jairouter-cache']).toBe('miss')
    expect(second.headers).toMatchObject({ 'x-jairouter-cache': 'hit', 'content-type': first.headers['content-type'], age: '0' })
    expect(second.text).toBe(first.text)
    expect(fleet.posts('only')).toHaveLength(1)
    expect(fleet.records.map(({ cache, usage, attempts }) => [cache, usage !== undefined, attempts.length])).toEqual([
      ['miss', true, 1],
      ['hit', false, 0],
    ])
  })

  it('is asked anew when the client says so, or when anything differs', async () => {
    const fleet = await startFleet(ONE, CACHED)
    await fleet.chat({ stream })
    const bypassed = await fleet.chat({ stream }, { headers: { 'cache-control': 'no-store' } })
    expect(bypassed.headers['x-jairouter-cache']).toBe('bypass')
    await fleet.chat({ stream, temperature: 0.5 })
    await fleet.chat({ stream: !stream })
    await fleet.chat({ stream }, { headers: { 'openai-beta': 'assistants=v2' } })
    expect(fleet.posts('only')).toHaveLength(5)
  })

  it('is not remembered when it failed, broke off or was an error in a 200', async () => {
    const fleet = await startFleet(ONE, { defaults: { ...CACHED.defaults, retry: { attempts: 1 }, breaker: { enabled: false } } })
    for (const name of ['status', 'error-in-200', stream ? 'fin-mid-stream' : 'short-body'] as const) {
      fleet.simulator('only').setFault('sim-chat', { name })
      await fleet.chat({ stream }).catch(() => undefined)
    }
    fleet.simulator('only').setFault('sim-chat', undefined)
    expect((await fleet.chat({ stream })).headers['x-jairouter-cache']).toBe('miss')
  })
})

it('is apart for each key, and for each address where there are no keys', async () => {
  const keys = ['one', 'two'].map((name) => ({ name, key: `key-of-${name}` }))
  const closed = await startFleet(ONE, { ...CACHED, auth: { keys } })
  for (const name of ['one', 'two', 'one', 'two']) await closed.chat({}, { headers: { authorization: `Bearer key-of-${name}` } })
  expect(closed.posts('only')).toHaveLength(2)
  const open = await startFleet(ONE, CACHED)
  for (const localAddress of ['127.0.0.1', '127.0.0.2', '127.0.0.1']) await chat(open.url, {}, { localAddress })
  expect(open.posts('only')).toHaveLength(2)
})

it('holds its bounds, and goes when the config takes it away', async () => {
  const fleet = await startFleet(ONE, { defaults: { cache: { maxEntries: 1 } } })
  await fleet.chat({ seed: 1 })
  await fleet.chat({ seed: 2 })
  await fleet.chat({ seed: 1 })
  expect(fleet.posts('only')).toHaveLength(3)
  expect((await fleet.chat({ seed: 1 })).headers['x-jairouter-cache']).toBe('hit')
  fleet.apply({ ...fleet.config, defaults: {} })
  expect((await fleet.chat({ seed: 1 })).headers['x-jairouter-cache']).toBeUndefined()
})

it('gives nothing to a model’s successor under the same name', async () => {
  const target = (model: string) => ({ models: [{ name: 'alias', targets: [{ backend: 'only', model }] }], ...CACHED })
  const fleet = await startFleet(
    { only: { backend: { models: ['sim-chat', 'other'] }, simulator: { models: ['sim-chat', 'other'] } } },
    target('sim-chat'),
  )
  await fleet.chat({ model: 'alias' })
  fleet.apply({ ...fleet.config, ...target('other') })
  expect((await fleet.chat({ model: 'alias' })).headers['x-jairouter-cache']).toBe('miss')
})

describe.each([false, true])('equal requests at the same time, with stream %s', (stream) => {
  const settled = { stream, temperature: 0 }

  it('share one call where the answer is settled, and all get it whole', async () => {
    const fleet = await startFleet({ only: { ...ONE.only, simulator: { latencyMs: 50 } } }, CACHED)
    const answers = await Promise.all(Array.from({ length: 10 }, () => fleet.chat(settled)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers.map(({ headers }) => headers['x-jairouter-cache']).toSorted()).toEqual([
      'miss',
      ...Array.from({ length: 9 }, () => 'shared'),
    ])
    expect(fleet.posts('only')).toHaveLength(1)
    expect(fleet.records.filter(({ usage }) => usage !== undefined)).toHaveLength(1)
    expect((await fleet.chat(settled)).headers['x-jairouter-cache']).toBe('hit')
  })

  it('make calls of their own where it is not, or where nothing is to be stored', async () => {
    const fleet = await startFleet({ only: { ...ONE.only, simulator: { latencyMs: 50 } } }, CACHED)
    await Promise.all(Array.from({ length: 3 }, () => fleet.chat({ stream })))
    await Promise.all(Array.from({ length: 3 }, () => fleet.chat({ ...settled, seed: 1 }, { headers: { 'cache-control': 'no-store' } })))
    expect(fleet.posts('only')).toHaveLength(6)
  })

  it('share its failure', async () => {
    const fleet = await startFleet(
      { only: { ...ONE.only, simulator: { latencyMs: 50 } } },
      { defaults: { ...CACHED.defaults, retry: { attempts: 1 }, timeouts: { response: '300ms', firstToken: '300ms' } } },
    )
    fleet.simulator('only').setFault('sim-chat', { name: 'hang' })
    const answers = await Promise.all(Array.from({ length: 4 }, () => fleet.chat(settled)))
    expect(answers.map(({ status }) => status)).toEqual([504, 504, 504, 504])
    expect(fleet.posts('only')).toHaveLength(1)
  })

  it('are answered though the first of them leaves, and the call ends with the last', async () => {
    const fleet = await startFleet({ only: ONE.only }, CACHED)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ model: 'sim-chat', messages, ...settled })
    const post = (signal: AbortSignal) => fetch(`${fleet.url}/v1/chat/completions`, { method: 'POST', headers, body, signal })
    fleet.simulator('only').setFault('sim-chat', { name: 'hang' })
    const [first, second] = [new AbortController(), new AbortController()]
    const gone = [post(first.signal), post(second.signal)]
    await eventually(() => {
      expect(fleet.gateway.openLeases()).toBe(1)
    })
    first.abort()
    await expect(gone[0]).rejects.toThrow()
    expect(fleet.gateway.openLeases()).toBe(1)
    second.abort()
    await expect(gone[1]).rejects.toThrow()
    await fleet.settled(2)
    expect(fleet.gateway.openLeases()).toBe(0)
    expect(fleet.records.map(({ status }) => status)).toEqual([499, 499])
    expect(fleet.posts('only')).toHaveLength(1)
  })
})
