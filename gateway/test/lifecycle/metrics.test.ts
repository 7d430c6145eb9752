import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { ask, openStream } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { readMetrics, type ReadMetrics } from '../support/read-metrics.ts'
import { LIVELY, QUIET, startFleet, type Fleet } from '../support/start-fleet.ts'

async function metricsOf({ url }: Fleet): Promise<ReadMetrics> {
  return readMetrics(url)
}

function usageOf(text: string): { prompt: number; completion: number } {
  const body: unknown = JSON.parse(text)
  const usage: unknown = typeof body === 'object' && body !== null && 'usage' in body ? body.usage : undefined
  if (typeof usage !== 'object' || usage === null || !('prompt_tokens' in usage)) throw new Error(`no usage in ${text}`)
  const completion = 'completion_tokens' in usage ? usage.completion_tokens : 0
  return { prompt: Number(usage.prompt_tokens), completion: Number(completion) }
}

describe('names', () => {
  it('are those of the table, each of its kind, and no other', async () => {
    const fleet = await startFleet({ a: {} })
    const { types } = await metricsOf(fleet)
    expect(Object.fromEntries(types)).toEqual(Object.fromEntries(Object.values(METRICS).map(({ name, kind }) => [name, kind])))
  })

  it('carry the labels of the table and no other', async () => {
    const fleet = await startFleet({ a: {} })
    await fleet.chat()
    await fleet.chat({ stream: true })
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    await fleet.chat()
    fleet.gateway.reloadFailed(['wrong'])
    await fleet.settled(3)
    const { samples } = await metricsOf(fleet)
    for (const { name, labels } of Object.values(METRICS)) {
      const own = samples.filter((sample) => sample.name.replace(/_(bucket|sum|count)$/, '') === name || sample.name === name)
      for (const sample of own) {
        expect(
          Object.keys(sample.labels)
            .filter((label) => label !== 'le')
            .toSorted(),
          name,
        ).toEqual([...labels].toSorted())
      }
    }
  })

  it('are the same at the address that Java’s scrapers know', async () => {
    const fleet = await startFleet({ a: {} })
    const namesAt = async (path: string) => (await ask(fleet.url + path)).text.match(/^# TYPE .*$/gm)
    expect(await namesAt('/actuator/prometheus')).toEqual(await namesAt('/metrics'))
  })
})

describe('a known mix of requests', () => {
  it('is counted exactly', async () => {
    const fleet = await startFleet({ a: {}, b: { backend: { priority: 2 } } }, { defaults: { retry: { attempts: 2 } } })
    const [first, second] = [await fleet.chat(), await fleet.chat({ stream: true, stream_options: { include_usage: true } })]
    // The same prompt: a stream's usage is that of the plain answer.
    const usage = usageOf(first.text)
    expect(second.status).toBe(200)
    const embedded = await ask(`${fleet.url}/v1/embeddings`, { body: { model: 'sim-embedding', input: 'some words' } })
    // Retried elsewhere, with success.
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
    expect((await fleet.chat()).backend).toBe('b')
    // Retried elsewhere, in vain.
    fleet.simulator('b').setFault('sim-chat', { name: 'overloaded' })
    expect((await fleet.chat()).status).toBe(503)
    // The client's own faults.
    fleet.simulator('a').setFault('sim-chat', { name: 'context-length' })
    expect((await fleet.chat()).status).toBe(400)
    expect((await fleet.chat({ model: 'unknown' })).status).toBe(404)
    expect((await fleet.chat({ messages: 'none' })).status).toBe(400)
    // A stream that breaks after it began, and one that its client leaves.
    fleet.simulator('a').setFault('sim-chat', { name: 'reset-mid-stream', at: 2 })
    expect((await fleet.chat({ stream: true })).text).not.toContain('[DONE]')
    fleet.simulator('a').setFault('sim-chat', { name: 'stall', at: 2 })
    const stream = await openStream(fleet.url)
    stream.leave()
    await fleet.settled(10)

    const metrics = await metricsOf(fleet)
    // code, endpoint, model, service, status
    expect(metrics.series('jairouter_requests_total')).toEqual({
      ',chat,sim-chat,chat,200': 3,
      ',embedding,sim-embedding,embedding,200': 1,
      'overloaded,chat,sim-chat,chat,503': 1,
      'upstream_rejected,chat,sim-chat,chat,400': 1,
      'model_not_found,chat,other,chat,404': 1,
      'invalid_field,chat,other,chat,400': 1,
      'stream_interrupted,chat,sim-chat,chat,200': 1,
      'client_closed,chat,sim-chat,chat,499': 1,
    })
    expect(metrics.series('jairouter_upstream_attempts_total')).toEqual({
      'a,ok': 3,
      'a,status_500': 2,
      'a,status_400': 1,
      'a,reset': 1,
      'a,client_closed': 1,
      'b,ok': 1,
      'b,status_503': 1,
    })
    expect(metrics.series('jairouter_retries_total')).toEqual({ 'sim-chat': 2 })
    expect(metrics.series('jairouter_requests_in_flight')).toEqual({ '': 0 })
    expect(metrics.series('jairouter_upstream_in_flight')).toEqual({ a: 0, b: 0 })
    expect(metrics.series('jairouter_backend_up')).toEqual({ a: 1, b: 1 })
    // estimated, kind, model: three whole answers with usage
    expect(metrics.series('jairouter_tokens_total')).toMatchObject({
      'false,prompt,sim-chat': 3 * usage.prompt,
      'false,completion,sim-chat': 3 * usage.completion,
      'false,prompt,sim-embedding': usageOf(embedded.text).prompt,
    })
    expect(metrics.series('jairouter_request_duration_seconds_count')).toEqual({
      'chat,other,chat': 2,
      'chat,sim-chat,chat': 7,
      'embedding,sim-embedding,embedding': 1,
    })
    // Streams that began: one whole, one broken, one left.
    expect(metrics.series('jairouter_time_to_first_token_seconds_count')).toEqual({ 'chat,sim-chat,chat': 3 })
    expect(metrics.series('jairouter_upstream_attempt_duration_seconds_count')).toEqual({ a: 8, b: 2 })
  })

  it('shows what is in flight while it is', async () => {
    const fleet = await startFleet({ a: {} })
    const stalled = { headers: { 'x-simulator-fault': 'stall:at=2' } }
    const streams = [await openStream(fleet.url, {}, stalled), await openStream(fleet.url, {}, stalled)]
    const during = await metricsOf(fleet)
    expect([during.series('jairouter_requests_in_flight'), during.series('jairouter_upstream_in_flight')]).toEqual([{ '': 2 }, { a: 2 }])
    for (const stream of streams) stream.leave()
    await fleet.settled(2)
    const after = await metricsOf(fleet)
    expect([after.series('jairouter_requests_in_flight'), after.series('jairouter_upstream_in_flight')]).toEqual([{ '': 0 }, { a: 0 }])
  })

  it('does not count probes or the gateway’s own pages', async () => {
    const fleet = await startFleet({ a: { backend: { health: LIVELY } } })
    await fleet.simulator('a').waitFor(({ seen }) => seen.length >= 5)
    for (const path of ['/health/live', '/health/ready', '/metrics', '/v1/models', '/nowhere']) await ask(fleet.url + path)
    const metrics = await metricsOf(fleet)
    expect([metrics.series('jairouter_requests_total'), metrics.series('jairouter_upstream_attempts_total')]).toEqual([{}, {}])
  })

  it('counts estimated tokens apart from those that a backend reported', async () => {
    const fleet = await startFleet({ a: {} })
    fleet.simulator('a').setFault('sim-chat', { name: 'no-usage' })
    await fleet.chat({ stream: true })
    await fleet.settled(1)
    const tokens = (await metricsOf(fleet)).series('jairouter_tokens_total')
    expect(Object.keys(tokens).filter((key) => key.startsWith('false,'))).toEqual([])
  })
})

describe('labels', () => {
  it('never hold what a client made up', async () => {
    const fleet = await startFleet({ a: {} })
    const made = Array.from({ length: 20 }, (_, index) => `made-up-${index}`)
    for (const name of made) {
      await fleet.chat({ model: name }, { headers: { 'x-request-id': name, 'user-agent': name, authorization: `Bearer ${name}-key` } })
      await ask(`${fleet.url}/${name}`)
      await ask(`${fleet.url}/v1/models/${name}`)
    }
    fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 400, body: '{"error":{"message":"m","code":"made-up-99"}}' })
    await fleet.chat({ user: 'made-up-98' })
    await fleet.settled(21)
    const { text } = await ask(`${fleet.url}/metrics`)
    expect(text).not.toContain('made-up')
    expect(text).toContain('jairouter_requests_total{service="chat",endpoint="chat",model="other",status="404",code="model_not_found"} 20')
  })

  it('name an alias’s model, not the alias', async () => {
    const fleet = await startFleet(
      { a: {} },
      { models: [{ name: 'smart', aliases: ['gpt-4o', 'gpt-4'], targets: [{ backend: 'a', model: 'sim-chat' }] }] },
    )
    for (const model of ['smart', 'gpt-4o', 'gpt-4']) expect((await fleet.chat({ model })).status).toBe(200)
    expect((await metricsOf(fleet)).series('jairouter_requests_total')).toEqual({ ',chat,smart,chat,200': 3 })
  })
})

describe('health and config', () => {
  it('show which backends are up, and each change', async () => {
    const fleet = await startFleet({ a: { backend: { health: LIVELY } }, b: {} })
    await fleet.simulator('a').setDown(true)
    await eventually(async () => expect((await metricsOf(fleet)).series('jairouter_backend_up')).toEqual({ a: 0, b: 1 }))
    await fleet.simulator('a').setDown(false)
    await eventually(async () => expect((await metricsOf(fleet)).series('jairouter_backend_up')).toEqual({ a: 1, b: 1 }))
    expect((await metricsOf(fleet)).series('jairouter_backend_health_changes_total')).toEqual({
      'a,healthy': 2,
      'a,unhealthy': 1,
      'b,healthy': 1,
    })
  })

  it('forget the gauges of a backend that left', async () => {
    const fleet = await startFleet({ a: {}, b: {} })
    fleet.apply({ ...fleet.config, backends: fleet.config.backends.filter(({ id }) => id === 'a') })
    const metrics = await metricsOf(fleet)
    expect([metrics.series('jairouter_backend_up'), metrics.series('jairouter_upstream_in_flight')]).toEqual([{ a: 1 }, { a: 0 }])
  })

  it('count reloads by result, and say whether the last one went well', async () => {
    const fleet = await startFleet({ a: { backend: { models: ['sim-chat'], health: QUIET } } })
    const read = async () => {
      const metrics = await metricsOf(fleet)
      return {
        reloads: metrics.series('jairouter_config_reloads_total'),
        valid: metrics.series('jairouter_config_last_reload_successful')[''],
        generation: metrics.series('jairouter_config_generation')[''],
      }
    }
    expect(await read()).toEqual({ reloads: {}, valid: 1, generation: 1 })
    fleet.apply(fleet.config)
    expect(await read()).toEqual({ reloads: { ok: 1 }, valid: 1, generation: 2 })
    fleet.gateway.reloadFailed(['backends[0].url: wrong'])
    expect(await read()).toEqual({ reloads: { ok: 1, invalid: 1 }, valid: 0, generation: 2 })
    fleet.apply(fleet.config)
    expect(await read()).toEqual({ reloads: { ok: 2, invalid: 1 }, valid: 1, generation: 3 })
  })
})
