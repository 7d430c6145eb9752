/** Which traces are kept, where they go after a reload, and what becomes of them when nobody takes them. */
import { expect, test } from 'vitest'
import { createGrpcReceiver } from '../../src/upstream/otlp-grpc.ts'
import { createHttpReceiver } from '../../src/upstream/otlp-http.ts'
import { eventually } from '../support/eventually.ts'
import { inParallel, startFleet, type Fleet, type FleetConfig } from '../support/start-fleet.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { GRPC_UNAVAILABLE, startGrpcReceiver, startHttpReceiver, type TraceReceiver } from '../support/trace-receiver.ts'

type Tracing = NonNullable<FleetConfig['tracing']>
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = (flags: '00' | '01') => ({ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-${flags}` } })
const ONE = { one: { backend: { models: ['sim-chat', { name: 'sim-embedding', services: ['embedding' as const] }] } } }

function to(receiver: TraceReceiver, more: Tracing = {}): FleetConfig {
  return { tracing: { enabled: true, endpoint: receiver.url, ...more } }
}

function reload(fleet: Fleet, more: FleetConfig): void {
  expect(fleet.apply({ ...fleet.config, ...more })).toEqual([])
}

const requestsIn = (receiver: TraceReceiver) => receiver.spans.filter(({ kind }) => kind === 2)

test('shares: of the model before that of the service before the ratio; what the client keeps before all of them', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(ONE, to(receiver, { ratio: 0 }))
  await fleet.chat()
  reload(fleet, to(receiver, { ratio: 1, services: { chat: 0 } }))
  await fleet.chat()
  reload(fleet, to(receiver, { ratio: 1, services: { chat: 1 }, models: { 'sim-chat': 0 } }))
  await fleet.chat()
  // Kept by the client, and so by all.
  await fleet.chat({}, parent('01'))
  reload(fleet, to(receiver, { ratio: 1 }))
  await fleet.chat({}, parent('00'))
  reload(fleet, to(receiver, { ratio: 0, models: { 'sim-chat': 1 } }))
  await fleet.chat()
  reload(fleet, to(receiver, { ratio: 1, parent: false }))
  await fleet.chat({}, parent('00'))
  await receiver.received(6)
  expect(requestsIn(receiver).map(({ attributes }) => attributes['jairouter.request.id'])).toEqual(
    [3, 5, 6].map((index) => fleet.records[index]?.id),
  )
  // What the backend was told, and what others may show.
  const flags = fleet.posts('one').map(({ headers }) => String(headers['traceparent']).slice(-2))
  expect(flags).toEqual(['00', '00', '00', '01', '00', '01', '01'])
  expect(fleet.records.map(({ traceId }) => traceId !== undefined)).toEqual([false, false, false, true, false, true, true])
})

test('failures and what was slow are kept whatever the shares and the parent say, unless that is off', async () => {
  const receiver = await startHttpReceiver()
  const failing = { name: 'status', status: 500 } as const
  const fleet = await startFleet(ONE, { ...to(receiver, { ratio: 0 }), defaults: { retry: { attempts: 1 } } })
  fleet.simulator('one').setFault('sim-chat', failing)
  await fleet.chat()
  await fleet.chat({}, parent('00'))
  // Asked wrongly: no fault of the service.
  await fleet.chat({ model: 'nowhere' })
  fleet.simulator('one').setFault('sim-chat', undefined)
  fleet.simulator('one').setFault('sim-chat', { name: 'slow', after: 30 })
  reload(fleet, { ...to(receiver, { ratio: 0 }), defaults: { slow: '1ms' } })
  await fleet.chat()
  await receiver.received(6)
  reload(fleet, {
    ...to(receiver, { ratio: 0, always: { errors: false, slow: false } }),
    defaults: { slow: '1ms', retry: { attempts: 1 } },
  })
  await fleet.chat()
  fleet.simulator('one').setFault('sim-chat', failing)
  await fleet.chat()
  await fleet.gateway.stop('now')
  expect(requestsIn(receiver).map(({ attributes }) => attributes['http.response.status_code'])).toEqual([502, 502, 200])
  expect(receiver.spans).toHaveLength(6)
})

test('a share of a half keeps about a half, and all who see a trace decide alike', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(ONE, to(receiver, { ratio: 0.5, parent: false }))
  await inParallel(200, 8, () => fleet.chat())
  const kept = fleet.records.filter(({ traceId }) => traceId !== undefined)
  expect(kept.length).toBeGreaterThan(60)
  expect(kept.length).toBeLessThan(140)
  const [one] = kept
  await inParallel(5, 1, () => fleet.chat({}, { headers: { traceparent: `00-${one?.traceId}-00f067aa0ba902b7-00` } }))
  expect(fleet.records.slice(-5).map(({ traceId }) => traceId)).toEqual(Array.from({ length: 5 }, () => one?.traceId))
  await receiver.received((kept.length + 5) * 2)
  expect(new Set(requestsIn(receiver).map(({ traceId }) => traceId)).size).toBe(kept.length)
})

test('a reload leads to another receiver, and the one before gets what it is owed', async () => {
  const [before, after] = [await startHttpReceiver(), await startGrpcReceiver()]
  const fleet = await startFleet(ONE, to(before))
  await fleet.chat()
  reload(fleet, to(after, { exporter: 'otlp-grpc' }))
  await before.received(2)
  await eventually(async () => {
    await fleet.chat()
    if (after.spans.length === 0) throw new Error('nothing has come yet')
  })
  expect(before.spans).toHaveLength(2)
  reload(fleet, { tracing: { enabled: false } })
  await fleet.chat()
  expect(fleet.records.at(-1)?.trace).toBeUndefined()
  expect(fleet.posts('one').at(-1)?.headers).not.toHaveProperty('traceparent')
})

test('a stop sends what there is', async () => {
  const receiver = await startGrpcReceiver()
  const fleet = await startFleet(ONE, to(receiver, { exporter: 'otlp-grpc' }))
  await inParallel(20, 4, () => fleet.chat())
  await fleet.gateway.stop()
  expect(receiver.spans).toHaveLength(40)
})

test.each([
  ['HTTP', 'otlp-http', startHttpReceiver, 503],
  ['gRPC', 'otlp-grpc', startGrpcReceiver, GRPC_UNAVAILABLE],
] as const)('a receiver that cannot take them at the moment gets them again: %s', async (_what, exporter, start, status) => {
  const receiver = await start()
  receiver.mood = { status }
  const fleet = await startFleet(ONE, to(receiver, { exporter }))
  await fleet.chat()
  await eventually(() => expect(fleet.logged()).toContain('the receiver of traces does not take them'))
  receiver.mood = {}
  await receiver.received(2)
  expect(receiver.spans).toHaveLength(2)
  await eventually(() => expect(fleet.logged()).toContain('the receiver of traces takes them again'))
  const { series } = await readMetrics(fleet.url)
  expect(series('jairouter_trace_spans_sent_total')).toEqual({ '': 2 })
  expect(series('jairouter_trace_spans_dropped_total')).toEqual({})
})

test.each([
  ['HTTP', 'otlp-http', startHttpReceiver, 400],
  ['gRPC', 'otlp-grpc', startGrpcReceiver, 16],
] as const)('what a receiver refuses is counted: %s', async (_what, exporter, start, status) => {
  const receiver = await start()
  receiver.mood = { rejected: 1 }
  const fleet = await startFleet(ONE, to(receiver, { exporter }))
  const dropped = async () => (await readMetrics(fleet.url)).series('jairouter_trace_spans_dropped_total')
  await fleet.chat()
  await eventually(async () => expect(await dropped()).toEqual({ refused: 1 }))
  receiver.mood = { status }
  await fleet.chat()
  await eventually(async () => expect(await dropped()).toEqual({ refused: 3 }))
})

test.each(['otlp-http', 'otlp-grpc'] as const)('requests never notice that there is no receiver: %s', async (exporter) => {
  const fleet = await startFleet(ONE, { tracing: { enabled: true, exporter, endpoint: 'http://127.0.0.1:1' }, log: { level: 'warn' } })
  const answers = await inParallel(40, 8, () => fleet.chat())
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  await eventually(() => expect(fleet.logged()).toContain('ECONNREFUSED'))
  await fleet.gateway.stop('now')
  // Once, however often it fails.
  expect(fleet.logged().split('the receiver of traces does not take them')).toHaveLength(2)
})

test('a receiver that never answers holds up no stop', async () => {
  const receiver = await startHttpReceiver()
  receiver.mood = { status: undefined }
  const fleet = await startFleet(ONE, to(receiver))
  await fleet.chat()
  await fleet.gateway.stop('now')
  expect(receiver.spans).toHaveLength(0)
})

test.each([
  ['HTTP', startHttpReceiver, createHttpReceiver],
  ['gRPC', startGrpcReceiver, createGrpcReceiver],
] as const)('no connection is made to an address that is not allowed: %s', async (_what, start, create) => {
  const receiver = await start()
  const policy = () => ({ privateAddresses: false, closedPorts: [] })
  for (const host of ['127.0.0.1', 'localhost']) {
    const sender = create({ url: `http://${host}:${new URL(receiver.url).port}/v1/traces`, headers: {} }, policy)
    const result = await sender.send(Buffer.alloc(0), new AbortController().signal)
    expect(result).toEqual({ kind: 'later', why: 'ERR_ADDRESS_NOT_ALLOWED' })
    sender.close()
  }
  expect(receiver.headers).toEqual([])
})

test('an endpoint that cannot be meant is an error of the config', async () => {
  const fleet = await startFleet({})
  const problems = (tracing: Tracing, more: FleetConfig = {}) => fleet.apply({ backends: [], ...more, tracing })
  expect(problems({ endpoint: 'http://169.254.169.254/latest' })).toEqual([
    'is a link-local, multicast or cloud metadata address, to which no connection is ever made',
  ])
  expect(problems({ endpoint: 'http://127.0.0.1:4318' }, { network: { privateAddresses: false } })).toEqual([
    'is a private address, which network.privateAddresses rules out',
  ])
  expect(problems({ endpoint: 'http://user:pass@collector:4318' })).toEqual([
    'holds a user name or password; give credentials under tracing.headers',
  ])
  expect(problems({ endpoint: 'http://collector:4318/?key=1' })).toEqual([
    'has a query or a fragment; give credentials under tracing.headers',
  ])
  expect(problems({ endpoint: 'http://collector:4317/v1/traces', exporter: 'otlp-grpc' })).toEqual([
    'has a path, which gRPC has no use for; leave it out',
  ])
  expect(problems({ endpoint: 'http://collector:4318', exporter: 'console' })).toEqual(['goes with an exporter that sends'])
  expect(problems({ headers: { Host: 'other' } })).toEqual(['is set by the gateway itself'])
})

test('no prompt, no answer and no key is in what is sent, nor in the log', async () => {
  const [http, grpc] = [await startHttpReceiver(), await startGrpcReceiver()]
  const canary = {
    prompt: 'canary-prompt-7391',
    key: 'canary-client-key-7392',
    backend: 'canary-backend-key-7393',
    header: 'canary-header-7394',
  }
  const config: FleetConfig = { auth: { mode: 'required', keys: [{ name: 'app', key: canary.key }] }, log: { level: 'trace' } }
  const fleet = await startFleet(
    { one: { backend: { ...ONE.one.backend, apiKey: canary.backend, headers: { 'x-secret': canary.header } } } },
    { ...config, ...to(http) },
  )
  const options = { headers: { authorization: `Bearer ${canary.key}` } }
  const body = { messages: [{ role: 'user', content: canary.prompt }], user: canary.prompt }
  const all = async () => {
    await fleet.chat(body, options)
    await fleet.chat({ ...body, stream: true }, options)
    await fleet.chat(body, { headers: { authorization: `Bearer ${canary.key}-wrong` } })
    await fleet.chat({ ...body, model: canary.prompt }, options)
    for (const fault of [
      { name: 'status', status: 500, body: JSON.stringify({ error: { message: `${canary.prompt} ${canary.backend}` } }) },
      { name: 'status', status: 400, body: JSON.stringify({ error: { message: `${canary.prompt} ${canary.backend}` } }) },
      { name: 'reset-mid-stream' },
    ] as const) {
      fleet.simulator('one').setFault('sim-chat', fault)
      await fleet.chat({ ...body, stream: fault.name === 'reset-mid-stream' }, options).catch(() => {})
    }
    fleet.simulator('one').setFault('sim-chat', undefined)
  }
  await all()
  reload(fleet, { ...config, ...to(grpc, { exporter: 'otlp-grpc' }) })
  await all()
  await fleet.gateway.stop()
  expect(http.spans.length).toBeGreaterThan(8)
  expect(grpc.spans.length).toBeGreaterThan(8)
  const sent = Buffer.concat([...http.bytes, ...grpc.bytes]).toString('latin1')
  for (const secret of Object.values(canary)) {
    expect(sent).not.toContain(secret)
    expect(fleet.logged()).not.toContain(secret)
  }
})
