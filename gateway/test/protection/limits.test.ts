import { describe, expect, it } from 'vitest'
import { countOf, inParallel, startFleet, type Fleet } from '../support/start-fleet.ts'

const ONE = { only: { backend: { models: ['sim-chat'] } } }
const HOUR = { algorithm: 'token-bucket', rate: '1/h' } as const
const FIRST = { name: 'first', key: 'first-key' }
const SECOND = { name: 'second', key: 'second-key' }
const KEYS = { mode: 'required' as const, keys: [FIRST, SECOND] }
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

async function statuses(fleet: Fleet, count: number, width = 1): Promise<Record<string, number>> {
  const answers = await inParallel(count, width, () => fleet.chat())
  return countOf(answers.map(({ status }) => String(status)))
}

describe('a limit', () => {
  it('of 100 admits exactly 100 of 2,000 that come together', async () => {
    const fleet = await startFleet(ONE, { services: { chat: { limits: [{ ...HOUR, burst: 100 }] } } })
    expect(await statuses(fleet, 2_000, 200)).toEqual({ '200': 100, '429': 1_900 })
    expect(fleet.posts('only')).toHaveLength(100)
  }, 60_000)

  it('that refuses says when to come back and what is left, in OpenAI’s headers; one that lets through says so, too', async () => {
    const fleet = await startFleet(ONE, { defaults: { limits: [{ algorithm: 'token-bucket', rate: '2/m', burst: 2 }] } })
    const first = await fleet.chat()
    expect(first.headers).toMatchObject({ 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '1' })
    expect((await fleet.chat({ stream: true })).headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' })
    const refused = await fleet.chat()
    expect([refused.status, refused.code]).toEqual([429, 'rate_limit_exceeded'])
    expect(refused.headers).toMatchObject({ 'x-ratelimit-limit-requests': '2', 'x-ratelimit-remaining-requests': '0' })
    const seconds = Number(refused.headers['retry-after'])
    expect(seconds).toBeGreaterThan(20)
    expect(seconds).toBeLessThanOrEqual(30)
    expect(refused.headers['x-ratelimit-reset-requests']).toMatch(/^\d+ms$/)
  })

  it('by key counts each key for itself, and one at a key only that one', async () => {
    const own = [{ ...FIRST, limits: [{ ...HOUR, burst: 1 }] }, SECOND]
    const fleet = await startFleet(ONE, { auth: { ...KEYS, keys: own }, defaults: { limits: [{ ...HOUR, by: 'key', burst: 2 }] } })
    const ask = async (key: string) => (await fleet.chat({}, as(key))).status
    expect([await ask('first-key'), await ask('first-key')]).toEqual([200, 429])
    expect([await ask('second-key'), await ask('second-key'), await ask('second-key')]).toEqual([200, 200, 429])
  })

  it('takes from all scopes or from none', async () => {
    const limits = [
      { ...HOUR, by: 'key', burst: 1 },
      { ...HOUR, by: 'global', burst: 2 },
    ] as const
    const fleet = await startFleet(ONE, { auth: KEYS, defaults: { limits: [...limits] } })
    const ask = async (key: string) => (await fleet.chat({}, as(key))).status
    expect([await ask('first-key'), await ask('first-key'), await ask('first-key')]).toEqual([200, 429, 429])
    // What the first key was refused has not been taken from what all have together.
    expect(await ask('second-key')).toBe(200)
  })

  it('by instance means that the next one is asked', async () => {
    const member = { backend: { models: ['sim-chat'], limits: [{ ...HOUR, burst: 1 }] } }
    const fleet = await startFleet({ a: member, b: member })
    const answers = [await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(countOf(answers.map(({ status, backend }) => `${status} ${backend ?? ''}`))).toEqual({ '200 a': 1, '200 b': 1, '429 ': 1 })
    expect(answers[2]?.code).toBe('rate_limit_exceeded')
  })

  it('of requests at the same time gives its places back, also when the client leaves', async () => {
    const fleet = await startFleet(
      { only: { backend: { models: ['sim-chat'] }, simulator: { latencyMs: 150 } } },
      { defaults: { limits: [{ algorithm: 'concurrency', limit: 2 }] } },
    )
    expect(await statuses(fleet, 6, 6)).toEqual({ '200': 2, '429': 4 })
    expect(await statuses(fleet, 4, 2)).toEqual({ '200': 4 })
    const gone = new AbortController()
    const left = fetch(`${fleet.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim-chat', messages: [{ role: 'user', content: 'hi' }] }),
      signal: gone.signal,
    }).catch(() => undefined)
    await fleet.simulator('only').waitFor((simulator) => simulator.inFlight() === 1)
    gone.abort()
    await left
    await fleet.settled(11)
    expect(await statuses(fleet, 2, 2)).toEqual({ '200': 2 })
  })

  it('shapes where it has a queue: all are answered, none before its turn', async () => {
    const fleet = await startFleet(ONE, { defaults: { limits: [{ algorithm: 'leaky-bucket', rate: '50/s', queue: 10 }] } })
    const startedAt = performance.now()
    expect(await statuses(fleet, 6, 6)).toEqual({ '200': 6 })
    expect(performance.now() - startedAt).toBeGreaterThan(95)
  })

  it('changes with the config at once, and is gone when it is taken out', async () => {
    const fleet = await startFleet(ONE, { defaults: { limits: [{ ...HOUR, burst: 1 }] } })
    expect(await statuses(fleet, 2)).toEqual({ '200': 1, '429': 1 })
    fleet.apply({ ...fleet.config, defaults: { limits: [{ ...HOUR, burst: 3 }] } })
    expect(await statuses(fleet, 5)).toEqual({ '200': 3, '429': 2 })
    fleet.apply({ ...fleet.config, defaults: {} })
    expect(await statuses(fleet, 5)).toEqual({ '200': 5 })
  })

  it('keeps its memory over a reload that does not touch it', async () => {
    const fleet = await startFleet(ONE, { defaults: { limits: [{ ...HOUR, burst: 1 }] } })
    expect(await statuses(fleet, 1)).toEqual({ '200': 1 })
    fleet.apply({ ...fleet.config, log: { level: 'silent' } })
    expect(await statuses(fleet, 1)).toEqual({ '429': 1 })
  })
})

describe('a limit of tokens', () => {
  const tokens = (burst: number) => ({ defaults: { limits: [{ ...HOUR, count: 'tokens' as const, burst }] } })

  it('reserves what is declared, and never lets more than that through together', async () => {
    const fleet = await startFleet({ only: { backend: { models: ['sim-chat'] }, simulator: { latencyMs: 2_000 } } }, tokens(5_000))
    const answers = await inParallel(200, 200, () => fleet.chat({ max_tokens: 900, max_completion_tokens: 1 }))
    expect(countOf(answers.map(({ status }) => String(status)))).toEqual({ '200': 5, '429': 195 })
  })

  it('is settled with what the backend reports', async () => {
    const fleet = await startFleet(ONE, tokens(2_000))
    const first = await fleet.chat({ max_tokens: 1_500 })
    const used = JSON.parse(first.text).usage.total_tokens
    const second = await fleet.chat({ max_tokens: 10, stream: true })
    expect(second.status).toBe(200)
    const { headers } = await fleet.chat({ max_tokens: 100_000 })
    expect(headers['x-ratelimit-limit-tokens']).toBe('2000')
    expect(Number(headers['x-ratelimit-remaining-tokens'])).toBeGreaterThanOrEqual(2_000 - 3 * used)
  })

  it('gives everything back where nothing was answered', async () => {
    const fleet = await startFleet({ only: { backend: { models: ['sim-chat'] }, down: true } }, tokens(1_000))
    for (let index = 0; index < 5; index += 1) expect((await fleet.chat({ max_tokens: 800 })).status).toBe(503)
  })

  it('lets one that declares nothing through, and tells one that declares too much', async () => {
    const fleet = await startFleet(ONE, tokens(100))
    expect((await fleet.chat()).status).toBe(200)
    const refused = await fleet.chat({ max_tokens: 10_000 })
    expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([429, 'rate_limit_exceeded', undefined])
  })
})
