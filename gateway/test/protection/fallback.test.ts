import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { startFleet, type FleetConfig, type Member } from '../support/start-fleet.ts'

const TWO: Readonly<Record<string, Member>> = {
  first: { backend: { models: [{ name: 'sim-chat', as: 'big' }] } },
  second: { backend: { models: [{ name: 'sim-chat', as: 'small' }] } },
}
const QUICK = { retry: { attempts: 1 } }

function withChain(fallback: NonNullable<FleetConfig['defaults']>['fallback'], more: object = {}): FleetConfig {
  return {
    defaults: { ...QUICK, ...more },
    models: [{ name: 'big', targets: [{ backend: 'first', model: 'sim-chat' }], fallback }],
  }
}

const CHAIN = [{ model: 'small' }, { cache: {} }, { response: { content: 'Busy, please come back.' } }]

describe.each([false, true])('a chat with stream %s', (stream) => {
  const body = { model: 'big', stream }

  it('is answered by the model itself while it can, without a mark', async () => {
    const fleet = await startFleet(TWO, withChain(CHAIN))
    const answer = await fleet.chat(body)
    expect(answer).toMatchObject({ status: 200, backend: 'first' })
    expect(answer.headers['x-jairouter-fallback']).toBeUndefined()
    expect(fleet.records[0]?.fallback).toBeUndefined()
  })

  it('goes to the other model when the first is out, marked and counted once', async () => {
    const fleet = await startFleet(TWO, withChain(CHAIN))
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    const answer = await fleet.chat(body)
    expect(answer).toMatchObject({ status: 200, backend: 'second', attempts: 2 })
    expect(answer.headers['x-jairouter-fallback']).toBe('model:small')
    expect(fleet.posts('second')).toHaveLength(1)
    expect(fleet.records.map(({ model, fallback, status }) => ({ model, fallback, status }))).toEqual([
      { model: 'big', fallback: 'model', status: 200 },
    ])
    const { samples } = await readMetrics(fleet.url)
    expect(samples.filter(({ name }) => name === 'jairouter_fallbacks_total')).toMatchObject([
      { labels: { model: 'big', step: 'model' }, value: 1 },
    ])
  })

  it('gets the last good answer to the same request when nobody can, and the operator’s text when there is none', async () => {
    const fleet = await startFleet(TWO, withChain(CHAIN))
    const good = await fleet.chat(body)
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    fleet.simulator('second').setFault('sim-chat', { name: 'status', status: 500 })
    const again = await fleet.chat(body)
    expect(again).toMatchObject({ status: 200, text: good.text })
    expect(again.headers).toMatchObject({ 'x-jairouter-fallback': 'cache', 'content-type': good.headers['content-type'] })
    const other = await fleet.chat({ ...body, messages: [{ role: 'user', content: 'Something else' }] })
    expect(other.status).toBe(200)
    expect(other.headers['x-jairouter-fallback']).toBe('response')
    expect(other.text).toContain('Busy, please come back.')
  })

  it('is not routed around a refusal, and not helped with its own mistakes', async () => {
    const fleet = await startFleet(TWO, withChain(CHAIN))
    for (const fault of ['content-filter', 'context-length'] as const) {
      fleet.simulator('first').setFault('sim-chat', { name: fault })
      const answer = await fleet.chat(body)
      expect([fault, answer.status, answer.headers['x-jairouter-fallback']]).toEqual([fault, 400, undefined])
    }
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 422 })
    expect((await fleet.chat(body)).status).toBe(422)
    expect(fleet.posts('first')).toHaveLength(3)
    expect(fleet.posts('second')).toHaveLength(0)
  })

  it('goes to a model with a longer context where a step asks for just that', async () => {
    const fleet = await startFleet(TWO, withChain([{ model: 'small', on: ['context-length'] }]))
    fleet.simulator('first').setFault('sim-chat', { name: 'context-length' })
    expect(await fleet.chat(body)).toMatchObject({ status: 200, backend: 'second' })
    fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
    expect(await fleet.chat(body)).toMatchObject({ status: 502 })
  })

  it('is answered with the text when its time is up', async () => {
    const chain = [{ model: 'small' }, { response: { content: 'Too late.' } }]
    const fleet = await startFleet(TWO, withChain(chain, { timeouts: { total: '150ms' } }))
    fleet.simulator('first').setFault('sim-chat', { name: 'hang' })
    const answer = await fleet.chat(body)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers['x-jairouter-fallback']).toBe('response')
  })
})

it('gives the operator’s text as a stream that the official SDK takes for one', async () => {
  const fleet = await startFleet(TWO, withChain([{ response: { content: 'Busy.' } }]))
  fleet.simulator('first').setFault('*', { name: 'status', status: 503 })
  const client = new OpenAI({ baseURL: `${fleet.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const final = await client.chat.completions.stream({ model: 'big', messages: [{ role: 'user', content: 'Hello' }] }).finalChatCompletion()
  expect(final.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Busy.' } })
})

it('tells why the model that was asked for could not answer when no step helps', async () => {
  const fleet = await startFleet(TWO, withChain([{ model: 'small' }]))
  await fleet.simulator('first').setDown(true)
  fleet.simulator('second').setFault('sim-chat', { name: 'status', status: 429 })
  expect(await fleet.chat({ model: 'big' })).toMatchObject({ status: 502, code: 'upstream_error' })
})

it('has no text to give where the answer would be vectors: a clear error', async () => {
  const fleet = await startFleet(
    { first: { backend: { models: ['sim-embedding'] } } },
    { defaults: { ...QUICK, fallback: [{ response: { content: 'Busy.' } }] } },
  )
  fleet.simulator('first').setFault('*', { name: 'status', status: 500 })
  const response = await fetch(`${fleet.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-embedding', input: 'x' }),
  })
  expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'upstream_error' } }])
})

it('keeps the limits of the model that is fallen back to', async () => {
  const limits = [{ algorithm: 'sliding-window', limit: 2, window: '1h' } as const]
  const fleet = await startFleet(TWO, {
    defaults: QUICK,
    models: [
      { name: 'big', targets: [{ backend: 'first', model: 'sim-chat' }], fallback: [{ model: 'small' }] },
      { name: 'small', targets: [{ backend: 'second', model: 'sim-chat' }], limits },
    ],
  })
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 501 })
  const statuses = []
  for (let index = 0; index < 3; index += 1) statuses.push((await fleet.chat({ model: 'big' })).status)
  expect(statuses).toEqual([200, 200, 501])
  expect(fleet.posts('second')).toHaveLength(2)
})

it('never gives one key’s answer to another, nor to who wants nothing stored', async () => {
  const keys = ['one', 'two'].map((name) => ({ name, key: `key-of-${name}` }))
  const fleet = await startFleet(TWO, { ...withChain([{ cache: {} }]), auth: { keys } })
  const as = (name: string, more: Record<string, string> = {}) => ({ headers: { authorization: `Bearer key-of-${name}`, ...more } })
  await fleet.chat({ model: 'big' }, as('one'))
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
  expect((await fleet.chat({ model: 'big' }, as('two'))).status).toBe(502)
  expect((await fleet.chat({ model: 'big' }, as('one', { 'cache-control': 'no-store' }))).status).toBe(502)
  expect((await fleet.chat({ model: 'big' }, as('one'))).status).toBe(200)
})

it('asks nobody else after a refusal by a model of the chain, and tells it', async () => {
  const as = (name: string) => ({ backend: { models: [{ name: 'sim-chat', as: name }] } })
  const fleet = await startFleet(
    { first: as('big'), second: as('small'), last: as('spare') },
    withChain([{ model: 'small' }, { model: 'spare' }]),
  )
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
  fleet.simulator('second').setFault('sim-chat', { name: 'content-filter' })
  expect((await fleet.chat({ model: 'big' })).status).toBe(400)
  expect(fleet.posts('last')).toHaveLength(0)
})

it.each([401, 402, 429, 500])('words of a filter beside status %d are no refusal', async (status) => {
  const fleet = await startFleet(TWO, withChain([{ model: 'small' }]))
  const body = JSON.stringify({ error: { message: 'Account deactivated for violating our usage policies' } })
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status, body })
  expect(await fleet.chat({ model: 'big' })).toMatchObject({ status: 200, backend: 'second' })
})

it('passes over a model whose servers lack the endpoint, holding none of its places', async () => {
  const limits = [{ algorithm: 'concurrency', limit: 1 } as const]
  const fleet = await startFleet(
    {
      first: { backend: { models: [{ name: 'sim-chat', as: 'big' }] } },
      second: { backend: { type: 'groq', models: [{ name: 'sim-chat', as: 'small' }] } },
    },
    {
      defaults: QUICK,
      models: [
        {
          name: 'big',
          targets: [{ backend: 'first', model: 'sim-chat' }],
          fallback: [{ model: 'small' }, { response: { content: 'Busy.' } }],
        },
        { name: 'small', targets: [{ backend: 'second', model: 'sim-chat' }], limits },
      ],
    },
  )
  fleet.simulator('first').setFault('*', { name: 'status', status: 500 })
  for (let round = 0; round < 2; round += 1) {
    const answer = await ask(`${fleet.url}/v1/completions`, { body: { model: 'big', prompt: 'x' } })
    expect([answer.status, answer.headers['x-jairouter-fallback']]).toEqual([200, 'response'])
  }
  expect((await fleet.chat({ model: 'small' })).status).not.toBe(429)
})

it('asks a model once, though a chain of all models names it', async () => {
  const fleet = await startFleet(TWO, { defaults: { ...QUICK, fallback: [{ model: 'big' }, { model: 'small' }] } })
  fleet.simulator('first').setFault('sim-chat', { name: 'status', status: 500 })
  expect(await fleet.chat({ model: 'big' })).toMatchObject({ status: 200, backend: 'second' })
  expect(fleet.posts('first')).toHaveLength(1)
})

it('counts the operator’s text against limits of requests', async () => {
  const limits = [{ algorithm: 'token-bucket', rate: '1/h', burst: 2 } as const]
  const fleet = await startFleet(TWO, { defaults: { ...QUICK, limits, fallback: [{ response: { content: 'Busy.' } }] } })
  await fleet.simulator('first').setDown(true)
  const answers = []
  for (let index = 0; index < 3; index += 1) answers.push(await fleet.chat({ model: 'big' }))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(answers[0]?.headers['x-ratelimit-remaining-requests']).toBe('1')
})
