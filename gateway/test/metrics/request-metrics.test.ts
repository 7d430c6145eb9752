import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { measuredStore } from '../../src/store/measured-store.ts'
import { expose } from '../../src/telemetry/exposition.ts'
import { StoreMeter } from '../../src/telemetry/store-meter.ts'
import { chat, messages } from '../support/ask.ts'
import { formOf } from '../support/multipart.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startFleet } from '../support/start-fleet.ts'

describe('times', () => {
  it('of the stages are those of the overhead together', async () => {
    const fleet = await startFleet({ a: {} })
    for (let count = 0; count < 5; count += 1) await fleet.chat({ stream: count % 2 === 0 })
    await fleet.settled(5)
    const metrics = await readMetrics(fleet.url)
    expect(metrics.series('jairouter_stage_duration_seconds_count')).toEqual({ parse: 5, admit: 5, plan: 5, answer: 5 })
    const stages = Object.values(metrics.series('jairouter_stage_duration_seconds_sum')).reduce((sum, seconds) => sum + seconds, 0)
    expect(stages).toBeCloseTo(metrics.series('jairouter_overhead_seconds_sum')['chat'] ?? 0, 6)
  })

  it('between pieces are told once for each stream, and lie between nothing and all of it', async () => {
    const fleet = await startFleet({ a: { simulator: { tokensPerSecond: 100, tokens: 6 } } })
    await fleet.chat({ stream: true })
    await fleet.chat()
    await fleet.settled(2)
    const metrics = await readMetrics(fleet.url)
    // model, service
    expect(metrics.series('jairouter_time_between_tokens_seconds_count')).toEqual({ 'sim-chat,chat': 1 })
    const mean = metrics.series('jairouter_time_between_tokens_seconds_sum')['sim-chat,chat'] ?? 0
    const longest = metrics.series('jairouter_longest_time_between_tokens_seconds_sum')['sim-chat,chat'] ?? 0
    expect(mean).toBeGreaterThan(0)
    expect(longest).toBeGreaterThanOrEqual(mean)
    expect(longest).toBeLessThan((fleet.records[0]?.durationMs ?? 0) / 1_000)
  })
})

describe('limits', () => {
  const LIMITS = [
    { by: 'service', algorithm: 'sliding-window', limit: 3, window: '1h' },
    { by: 'model', algorithm: 'token-bucket', rate: '1/h', burst: 100 },
  ] as const

  it('count what they allowed and rejected, and show what is left', async () => {
    const fleet = await startFleet({ a: {} }, { services: { chat: { limits: [...LIMITS] } } })
    const answers = [await fleet.chat(), await fleet.chat(), await fleet.chat(), await fleet.chat(), await fleet.chat()]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
    const metrics = await readMetrics(fleet.url)
    // algorithm, count, result, scope
    expect(metrics.series('jairouter_limit_decisions_total')).toEqual({
      'sliding-window,requests,allowed,service': 3,
      'sliding-window,requests,rejected,service': 2,
      'token-bucket,requests,allowed,model': 3,
      'token-bucket,requests,rejected,model': 0,
    })
    const left = metrics.samples.filter(({ name }) => name === 'jairouter_limit_remaining_ratio')
    expect(left.map(({ labels, value }) => [labels['scope'], value]).toSorted()).toEqual([
      ['model', 0.97],
      ['service', 0],
    ])
  })

  it('keep their counts when they leave the config', async () => {
    const fleet = await startFleet({ a: {} }, { services: { chat: { limits: [...LIMITS] } } })
    await fleet.chat()
    fleet.apply({ backends: fleet.config.backends })
    const metrics = await readMetrics(fleet.url)
    expect(metrics.series('jairouter_limit_decisions_total')['sliding-window,requests,allowed,service']).toBe(1)
    expect(metrics.series('jairouter_limit_remaining_ratio')).toEqual({})
  })
})

describe('use', () => {
  const USAGE = {
    prompt_tokens: 1_000,
    completion_tokens: 500,
    total_tokens: 1_500,
    prompt_tokens_details: { cached_tokens: 400 },
    completion_tokens_details: { reasoning_tokens: 300 },
  }

  it('is counted by kind of token, by client, and in money', async () => {
    const backend = await startScripted(({ method }, response) =>
      answerJson(
        response,
        method === 'POST'
          ? { id: 'c', choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }], usage: USAGE }
          : { data: [{ id: 'priced' }] },
      ),
    )
    const fleet = await startFleet(
      { a: { backend: { url: backend.url } } },
      {
        auth: { mode: 'required', keys: [{ name: 'ci', key: 'a-key-of-ci-0123456789' }] },
        prices: { priced: { currency: 'EUR', input: 2, cachedInput: 1, output: 10 } },
      },
    )
    const headers = { authorization: 'Bearer a-key-of-ci-0123456789' }
    expect((await chat(fleet.url, { model: 'priced' }, { headers })).status).toBe(200)
    expect((await chat(fleet.url, { model: 'priced' })).status).toBe(401)
    await fleet.settled(2)
    const metrics = await readMetrics(fleet.url)
    expect(metrics.series('jairouter_tokens_total')).toEqual({
      'false,prompt,priced': 1_000,
      'false,completion,priced': 500,
      'false,cached,priced': 400,
      'false,reasoning,priced': 300,
    })
    // 600 at 2, 400 at 1 and 500 at 10 for a million.
    expect(metrics.series('jairouter_cost_total')['EUR,priced']).toBeCloseTo(0.0066)
    expect(metrics.series('jairouter_client_requests_total')).toEqual({ 'ci,ok': 1, 'other,failed': 1 })
    expect(metrics.series('jairouter_client_tokens_total')).toEqual({ 'ci,prompt': 1_000, 'ci,completion': 500 })
  })

  it('says which instance was chosen, and why', async () => {
    const fleet = await startFleet({ a: {}, b: { backend: { priority: 2 } } }, { defaults: { retry: { attempts: 2 } } })
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await fleet.chat({ messages })
    await fleet.settled(1)
    const metrics = await readMetrics(fleet.url)
    expect(metrics.series('jairouter_balancer_choices_total')).toEqual({ 'sim-chat,a/sim-chat,first': 1, 'sim-chat,b/sim-chat,retry': 1 })
    expect(metrics.series('jairouter_upstream_time_to_first_byte_seconds_count')).toEqual({ b: 1 })
  })

  it('of uploads is told in bytes', async () => {
    const fleet = await startFleet({ a: {} })
    const form = formOf([['model', 'sim-stt'], { name: 'file', filename: 'a.wav', bytes: Buffer.alloc(5_000) }])
    await fetch(`${fleet.url}/v1/audio/transcriptions`, { method: 'POST', headers: { 'content-type': form.contentType }, body: form.body })
    await fleet.settled(1)
    expect((await readMetrics(fleet.url)).series('jairouter_upload_size_bytes_sum')).toEqual({ transcription: form.body.length })
  })
})

describe('connections', () => {
  it('are those that are open', async () => {
    const fleet = await startFleet({ a: {} })
    await fleet.chat()
    const metrics = await readMetrics(fleet.url)
    expect(metrics.series('jairouter_client_sockets')['']).toBeGreaterThan(0)
    const sockets = metrics.series('jairouter_upstream_sockets')
    expect(Object.keys(sockets).toSorted()).toEqual(['a,free', 'a,used'])
    expect((sockets['a,free'] ?? 0) + (sockets['a,used'] ?? 0)).toBeGreaterThan(0)
  })
})

describe('a store', () => {
  it('is timed, and its failures counted by kind', async () => {
    const meter = new StoreMeter()
    const store = measuredStore(new MemoryStore(), { note: (...noted) => meter.note(...noted), now: () => performance.now() })
    await store.commit([{ kind: 'put', collection: 'c', id: 'a', body: { v: 1 } }])
    await expect(store.commit([{ kind: 'put', collection: 'c', id: 'a', body: {}, expect: 9 }])).rejects.toThrow()
    expect((await store.get('c', 'a'))?.body).toEqual({ v: 1 })
    const text = expose(meter.families(), 'text')
    expect(text).toContain('jairouter_store_operation_duration_seconds_count{operation="commit"} 2')
    expect(text).toContain('jairouter_store_operation_duration_seconds_count{operation="get"} 1')
    expect(text).toContain('jairouter_store_errors_total{operation="commit",code="conflict"} 1')
  })
})
