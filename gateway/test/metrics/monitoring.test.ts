/** What stands in deploy/monitoring is asked of a real Prometheus that reads a real gateway: every query must give something. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Store } from '../../src/store/port.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { measuredStore } from '../../src/store/measured-store.ts'
import { CONTENT_TYPES, formatFor } from '../../src/telemetry/exposition.ts'
import { EventBus } from '../../src/telemetry/event-bus.ts'
import { RateRing } from '../../src/telemetry/rate-ring.ts'
import { StoreMeter } from '../../src/telemetry/store-meter.ts'
import { ask, chat, openStream } from '../support/ask.ts'
import { emptyMetrics, settleTraced } from '../support/empty-metrics.ts'
import { eventually } from '../support/eventually.ts'
import { formOf } from '../support/multipart.ts'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { startPoisoned } from '../support/proofs/poisoned-answers.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startFleet, type Fleet } from '../support/start-fleet.ts'
import { startPrometheus, type TestPrometheus } from '../support/start-prometheus.ts'
import { HAS_PROMETHEUS } from '../support/has-prometheus.ts'

const MONITORING = join(import.meta.dirname, '../../../deploy/monitoring')

const rulesSchema = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ record: z.string().optional(), alert: z.string().optional(), expr: z.string() })) }),
  ),
})
const dashboardSchema = z.object({
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.union([z.string(), z.object({ query: z.string() })]) })) }),
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() })),
})

interface Named {
  readonly name: string
  readonly expr: string
}

/** As a dashboard asks for it, with all models and backends. */
function filledIn(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(?:model|backend)\b/g, '.*')
}

function dashboardQueries(): Named[] {
  const folder = join(MONITORING, 'grafana/dashboards')
  return readdirSync(folder).flatMap((file) => {
    const { panels, templating } = dashboardSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
    const variables = templating.list.flatMap(({ name, query }) => {
      const [, metric = '', label = ''] = typeof query === 'string' ? [] : (/^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? [])
      return metric === '' ? [] : [{ name: `${file}: $${name}`, expr: `count by (${label}) (${metric}{${label}!=""})` }]
    })
    const queries = panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }, index) => ({ name: `${file}: ${title} ${index}`, expr: filledIn(expr) })),
    )
    return [...variables, ...queries]
  })
}

/** What an alert compares with its threshold is there even while it does not fire. */
function ruleQueries(): Named[] {
  const folder = join(MONITORING, 'prometheus/rules')
  return readdirSync(folder).flatMap((file) =>
    rulesSchema.parse(parse(readFileSync(join(folder, file), 'utf8'))).groups.flatMap(({ rules }) =>
      rules.flatMap(({ record, alert, expr }) => {
        if (record !== undefined)
          return [
            { name: `${file}: ${record}`, expr },
            { name: `${file}: ${record}, recorded`, expr: record },
          ]
        const compared = /^(.*) (?:>|<|==) [\d.]+$/s.exec(expr)?.[1]
        if (compared === undefined) throw new Error(`${alert} compares nothing with a number: ${expr}`)
        return [{ name: `${file}: ${alert}`, expr: compared }]
      }),
    ),
  )
}

/** A model server that counts cached tokens. */
async function startCaching() {
  return startScripted(({ method, path }, response) => {
    if (method !== 'POST') return answerJson(response, path === '/v1/models' ? { data: [{ id: 'cached' }] } : {})
    const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 }
    const details = { prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 3 } }
    const message = { role: 'assistant', content: 'a' }
    return answerJson(response, {
      id: 'c',
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { ...usage, ...details },
    })
  })
}

/** Takes what is written, and gives nothing back. */
class HalfStore extends MemoryStore {
  override get(): Promise<never> {
    return Promise.reject(new StoreError('unavailable', 'not now'))
  }
}

/** Whatever can happen happens in it. */
async function startBusy(): Promise<{ readonly fleet: Fleet; readonly store: Store }> {
  const meter = new StoreMeter()
  const store = measuredStore(new HalfStore(), { note: (...noted) => meter.note(...noted), now: () => performance.now() })
  const caching = await startCaching()
  const talkative = await startPoisoned('longer', 1)
  onTestFinished(() => talkative.close())
  const fleet = await startFleet(
    {
      a: {},
      b: { backend: { priority: 2 } },
      refusing: { faults: { 'sim-chat': { name: 'status', status: 401 } } },
      narrow: { backend: { maxConcurrency: 1 }, simulator: { tokensPerSecond: 200, tokens: 4 } },
      caching: { backend: { url: caching.url } },
      talkative: { backend: { url: talkative.url, models: [RAW_MODEL], health: { enabled: false } } },
    },
    {
      prices: { smart: { currency: 'EUR', input: 1, output: 2 } },
      contentRules: [{ name: 'seen', match: { words: ['something'] }, action: 'flag' }],
      services: { chat: { limits: [{ by: 'service', algorithm: 'token-bucket', rate: '10000/s', burst: 10_000 }] } },
      models: [
        {
          name: 'smart',
          targets: [
            { backend: 'a', model: 'sim-chat' },
            { backend: 'b', model: 'sim-chat', group: 'canary' },
          ],
          experiment: { groups: [{ name: 'control' }, { name: 'canary', weight: 0 }], shadow: { group: 'canary', share: 1 } },
          content: ['seen'],
          slow: { total: '1ms' },
          cache: { ttl: '10m' },
        },
        {
          name: 'tried',
          targets: [
            { backend: 'a', model: 'sim-chat' },
            { backend: 'b', model: 'sim-chat', priority: 2 },
          ],
        },
        {
          name: 'hedged',
          targets: [
            { backend: 'a', model: 'sim-chat' },
            { backend: 'b', model: 'sim-chat', priority: 2 },
          ],
          hedge: { after: '20ms', budget: 1 },
        },
        { name: 'doomed', targets: [{ backend: 'refusing', model: 'sim-chat' }], fallback: [{ model: 'tried' }] },
        { name: 'narrow', targets: [{ backend: 'narrow', model: 'sim-chat' }] },
        {
          name: 'few',
          targets: [{ backend: 'a', model: 'sim-chat' }],
          limits: [{ by: 'model', algorithm: 'sliding-window', limit: 1, window: '1h' }],
        },
      ],
    },
    {
      storeMeter: meter,
      configVersion: () => 3,
      observers: {
        events: new EventBus({ now: Date.now }),
        rates: new RateRing(),
        history: { add: () => {}, dropped: 3 },
        alerts: {
          states: () => [{ rule: 'backend-down', severity: 'critical', state: 'firing', count: 0 }],
          notices: () => [{ receiver: 'ops', result: 'failed', count: 2 }],
        },
      },
      budgets: {
        active: false,
        reserve: () => undefined,
        look: () => ({ standings: [], refusal: undefined }),
        uses: () => [{ id: 'daily', share: 0.5, refusals: 2 }],
      },
    },
  )
  return { fleet, store }
}

/** One of everything. Twice and more, so that all counts rise while they are looked at. */
async function makeLoad({ fleet, store }: { readonly fleet: Fleet; readonly store: Store }, round: number): Promise<void> {
  const { url } = fleet
  await store.commit([{ kind: 'put', collection: 'c', id: 'a', body: {} }])
  await expect(store.get('c', 'a')).rejects.toThrow('not now')
  const say = (model: string, more: object = {}, headers: Record<string, string> = {}) => chat(url, { model, ...more }, { headers })
  await say('smart', { messages: [{ role: 'user', content: `Say something ${round}` }] })
  await say('smart', { messages: [{ role: 'user', content: `Say something ${round}` }] })
  await say('smart', { stream: true, stream_options: { include_usage: true } })
  await say('narrow', { stream: true })
  await say('doomed')
  await say('few')
  await say('cached')
  await say(RAW_MODEL)
  await say('nobody')
  await ask(`${url}/v1/embeddings`, { body: { model: 'sim-embedding', input: 'a' } })
  const form = formOf([['model', 'sim-stt'], { name: 'file', filename: 'a.wav', bytes: Buffer.alloc(2_000) }])
  await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', headers: { 'content-type': form.contentType }, body: form.body })
  // Both fail for a while, and their breakers open; then one is late.
  for (const id of ['a', 'b']) fleet.simulator(id).setFault('sim-chat', { name: 'status', status: 500 })
  for (let count = 0; count < (round === 0 ? 6 : 1); count += 1) await say('tried')
  for (const id of ['a', 'b']) fleet.simulator(id).setFault('sim-chat', undefined)
  const instances = fleet.gateway.plane.instances()
  for (const { id, backend } of instances) if (backend !== 'refusing') fleet.gateway.plane.reset({ id, backend })
  fleet.simulator('a').setFault('sim-chat', { name: 'slow', after: 60 })
  await say('hedged')
  fleet.simulator('a').setFault('sim-chat', undefined)
  // One waits for the other.
  const held = await openStream(url, { model: 'narrow' }, { headers: { 'x-simulator-fault': 'stall:at=2' } })
  const waiting = say('narrow')
  await eventually(() => expect(fleet.gateway.plane.load().waiting).toBe(1))
  held.leave()
  await waiting
  fleet.apply(fleet.config)
}

/** Those of the queries that give nothing that is a number. */
async function empty(prometheus: TestPrometheus, queries: readonly Named[]): Promise<Named[]> {
  const results = await Promise.all(queries.map(async (query) => ({ query, found: await prometheus.query(query.expr) })))
  return results.flatMap(({ query, found }) => (found.some(({ value }) => !Number.isNaN(value)) ? [] : [query]))
}

describe('a gateway with everything that can happen, read by Prometheus', () => {
  it.skipIf(!HAS_PROMETHEUS)(
    'gives data to every query of every dashboard and rule, and counts each request once',
    { timeout: 90_000 },
    async () => {
      const busy = await startBusy()
      const { fleet } = busy
      const prometheus = await startPrometheus({ target: new URL(fleet.url).host, rules: join(MONITORING, 'prometheus/rules') })
      await eventually(async () => expect(await prometheus.scrapeError()).toBe(''))
      const scrapes = async () => (await prometheus.query('count_over_time(up[1h])'))[0]?.value ?? 0
      for (let round = 0; round < 3; round += 1) {
        await makeLoad(busy, round)
        const before = await scrapes()
        await eventually(async () => expect(await scrapes()).toBeGreaterThan(before + 1))
      }
      const queries = [...dashboardQueries(), ...ruleQueries()]
      expect(queries.length).toBeGreaterThan(130)
      // Rules that go by rules are evaluated after those.
      await eventually(async () => expect(await empty(prometheus, queries)).toEqual([]))
      await eventually(async () => {
        const [found] = await prometheus.query('sum(jairouter_requests_total)')
        expect(found?.value).toBe(fleet.records.length)
      })
    },
  )
})

describe('exemplars', () => {
  it.skipIf(!HAS_PROMETHEUS)('are taken by Prometheus, with the ids of their traces', { timeout: 60_000 }, async () => {
    const metrics = emptyMetrics(Date.now)
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    settleTraced(metrics, { traceId, durationMs: 70 })
    const { port } = await startScripted(({ headers }, response) => {
      const format = formatFor(headers.accept)
      response.writeHead(200, { 'content-type': CONTENT_TYPES[format] }).end(metrics.expose(format))
    })
    const prometheus = await startPrometheus({ target: `127.0.0.1:${port}`, rules: join(MONITORING, 'prometheus/rules') })
    await eventually(async () => expect(await prometheus.traces('jairouter_request_duration_seconds_bucket')).toEqual([traceId]))
    expect(await prometheus.scrapeError()).toBe('')
  })
})
