/** Traces as a receiver decodes them, and as backends and clients see them. */
import { expect, test } from 'vitest'
import { openStream } from '../support/ask.ts'
import { openRealtime } from '../support/realtime-client.ts'
import { startFleet, type FleetConfig } from '../support/start-fleet.ts'
import { startRealtime } from '../support/start-realtime.ts'
import { startGrpcReceiver, startHttpReceiver, type ReceivedSpan, type TraceReceiver } from '../support/trace-receiver.ts'

type Tracing = NonNullable<FleetConfig['tracing']>

function tracingTo(receiver: TraceReceiver, more: Tracing = {}): Tracing {
  return { enabled: true, endpoint: receiver.url, ...more }
}

function requestOf(spans: readonly ReceivedSpan[]): ReceivedSpan {
  const found = spans.find(({ kind }) => kind === 2)
  if (found === undefined) throw new Error('There is no span of a request')
  return found
}

/** In the order of time. */
function callsOf(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  return spans.filter(({ kind }) => kind === 3).toSorted((a, b) => Number(a.start - b.start))
}

const PARENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
const TRACEPARENT = `00-${PARENT.traceId}-${PARENT.spanId}-01`

test('a request and its call, over HTTP', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(
    { one: {} },
    { tracing: tracingTo(receiver, { headers: { 'X-Tenant': 'tenant-a' }, serviceName: 'front' }) },
  )
  const answer = await fleet.chat({ stream: true })
  expect(answer.status).toBe(200)
  const spans = await receiver.received(2)
  const request = requestOf(spans)
  const [call] = callsOf(spans)
  const [record] = fleet.records
  expect(spans).toHaveLength(2)
  expect(receiver.headers[0]).toMatchObject({ path: '/v1/traces', 'content-type': 'application/x-protobuf', 'x-tenant': 'tenant-a' })
  expect(request).toMatchObject({
    traceId: record?.traceId,
    parentId: '',
    name: 'chat sim-chat',
    status: 0,
    flags: 0x101,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'sim-chat',
      'gen_ai.response.model': 'sim-chat',
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'client.address': '127.0.0.1',
      'jairouter.request.id': answer.headers['x-request-id'],
      'jairouter.service': 'chat',
      'jairouter.stream': true,
      'jairouter.attempts': 1,
    },
    resource: { 'service.name': 'front', 'service.version': expect.any(String), 'service.instance.id': expect.any(String) },
  })
  expect(request.attributes).not.toHaveProperty('error.type')
  expect(request.events.map(({ name }) => name)).toEqual(['first_token'])
  const { port } = new URL(fleet.simulator('one').url)
  expect(call).toMatchObject({
    traceId: request.traceId,
    parentId: request.id,
    name: 'chat sim-chat',
    status: 0,
    attributes: {
      'gen_ai.provider.name': 'openai-compatible',
      'gen_ai.request.model': 'sim-chat',
      'gen_ai.usage.input_tokens': record?.usage?.promptTokens,
      'gen_ai.usage.output_tokens': record?.usage?.completionTokens,
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'http.response.status_code': 200,
      'jairouter.backend': 'one',
      'jairouter.attempt': 1,
      'jairouter.attempt.why': 'first',
    },
  })
  expect(call?.events.map(({ name }) => name)).toEqual(['connected', 'headers', 'first_token'])
  // The call is within the request, and all of it was just now.
  const times = [request.start, call?.start ?? 0n, ...(call?.events ?? []).map(({ at }) => at), call?.end ?? 0n, request.end]
  expect(times).toEqual(times.toSorted((a, b) => Number(a - b)))
  expect(Math.abs(Date.now() - Number(request.start / 1_000_000n))).toBeLessThan(60_000)
  // Tokens are counted once in a trace.
  expect(request.attributes).not.toHaveProperty('gen_ai.usage.input_tokens')
  expect(fleet.logged()).toContain(`"trace":"${request.traceId}"`)
})

test('the same over gRPC', async () => {
  const receiver = await startGrpcReceiver()
  const fleet = await startFleet(
    { one: {} },
    { tracing: tracingTo(receiver, { exporter: 'otlp-grpc', headers: { 'x-tenant': 'tenant-a' } }) },
  )
  await Promise.all([fleet.chat(), fleet.chat()])
  const spans = await receiver.received(4)
  expect(receiver.headers[0]).toMatchObject({ 'x-tenant': 'tenant-a' })
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
  for (const call of callsOf(spans)) {
    const request = spans.find(({ id }) => id === call.parentId)
    expect(request).toMatchObject({ kind: 2, traceId: call.traceId, resource: { 'service.name': 'jairouter' } })
  }
})

test('a trace goes on from the client to the backend', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet({ one: {} }, { tracing: tracingTo(receiver) })
  await fleet.chat({}, { headers: { traceparent: TRACEPARENT, tracestate: 'vendor=a,other=b' } })
  const spans = await receiver.received(2)
  const request = requestOf(spans)
  const [call] = callsOf(spans)
  expect(request).toMatchObject({ traceId: PARENT.traceId, parentId: PARENT.spanId, state: 'vendor=a,other=b', flags: 0x301 })
  const [seen] = fleet.posts('one')
  expect(seen?.headers).toMatchObject({ traceparent: `00-${PARENT.traceId}-${call?.id}-01`, tracestate: 'vendor=a,other=b' })
})

test('a malformed parent is ignored, with its state', async () => {
  const traceparent = `${TRACEPARENT}-more`
  const receiver = await startHttpReceiver()
  const fleet = await startFleet({ one: {} }, { tracing: tracingTo(receiver) })
  expect((await fleet.chat({}, { headers: { traceparent, tracestate: 'vendor=a' } })).status).toBe(200)
  const request = requestOf(await receiver.received(2))
  expect(request).toMatchObject({ parentId: '', state: '' })
  expect(request.traceId).not.toBe(PARENT.traceId)
  const [seen] = fleet.posts('one')
  expect(seen?.headers['traceparent']).toContain(request.traceId)
  expect(seen?.headers).not.toHaveProperty('tracestate')
})

test('while it is off, what clients send goes through as it came', async () => {
  const fleet = await startFleet({ one: {} })
  await fleet.chat({}, { headers: { traceparent: TRACEPARENT, tracestate: 'vendor=a' } })
  expect(fleet.posts('one')[0]?.headers).toMatchObject({ traceparent: TRACEPARENT, tracestate: 'vendor=a' })
  expect(fleet.records[0]).not.toHaveProperty('traceId', expect.anything())
})

test('a retry: one span for each call, and why there was another', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(
    { first: { faults: { 'sim-chat': { name: 'status', status: 503 } }, backend: { priority: 1 } }, second: { backend: { priority: 2 } } },
    { tracing: tracingTo(receiver) },
  )
  expect((await fleet.chat()).attempts).toBe(2)
  const spans = await receiver.received(3)
  const [failed, good] = callsOf(spans)
  expect(failed).toMatchObject({
    status: 2,
    attributes: { 'jairouter.backend': 'first', 'http.response.status_code': 503, 'error.type': expect.any(String) },
  })
  expect(good).toMatchObject({
    status: 0,
    attributes: { 'jairouter.backend': 'second', 'jairouter.attempt.why': 'retry', 'http.request.resend_count': 1 },
  })
  expect(good?.attributes).not.toHaveProperty('error.type')
  const request = requestOf(spans)
  expect(request).toMatchObject({ status: 0 })
  expect(request.events).toContainEqual({
    name: 'retry',
    at: good?.start,
    attributes: { 'jairouter.instance': 'second/sim-chat', 'error.type': failed?.attributes['error.type'], ...backOffOf(good) },
  })
  expect(fleet.posts('first')[0]?.headers['traceparent']).toContain(failed?.id)
  expect(fleet.posts('second')[0]?.headers['traceparent']).toContain(good?.id)
})

function backOffOf(span: ReceivedSpan | undefined): object {
  const waited = span?.attributes['jairouter.backoff_ms']
  return waited === undefined ? {} : { 'jairouter.backoff_ms': waited }
}

test('a fallback to another model', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(
    {
      first: { faults: { big: { name: 'status', status: 503 } }, backend: { models: ['big'] }, simulator: { models: ['big'] } },
      second: { backend: { models: ['small'] }, simulator: { models: ['small'] } },
    },
    {
      models: [{ name: 'smart', targets: [{ backend: 'first', model: 'big' }], retry: { attempts: 1 }, fallback: [{ model: 'small' }] }],
      tracing: tracingTo(receiver),
    },
  )
  expect((await fleet.chat({ model: 'smart' })).status).toBe(200)
  const spans = await receiver.received(3)
  const request = requestOf(spans)
  expect(request).toMatchObject({
    name: 'chat smart',
    status: 0,
    attributes: { 'gen_ai.request.model': 'smart', 'gen_ai.response.model': 'small', 'jairouter.fallback': 'model' },
  })
  expect(request.events.map(({ name }) => name)).toContain('fallback')
  expect(callsOf(spans).map(({ name, status }) => [name, status])).toEqual([
    ['chat big', 2],
    ['chat small', 0],
  ])
})

test('a hedge: the slower call is no fault', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(
    {
      slow: { backend: { models: ['sim-chat'], priority: 1 } },
      fast: { backend: { models: ['sim-chat'], priority: 2 } },
    },
    { defaults: { hedge: { after: '20ms', budget: 1 } }, tracing: tracingTo(receiver) },
  )
  fleet.simulator('slow').setFault('sim-chat', { name: 'hang' })
  expect((await fleet.chat()).status).toBe(200)
  const spans = await receiver.received(3)
  expect(requestOf(spans)).toMatchObject({ status: 0, attributes: { 'jairouter.hedge': 'won' } })
  expect(requestOf(spans).events.map(({ name }) => name)).toContain('hedge')
  const calls = callsOf(spans)
  expect(calls.map(({ status, attributes }) => [attributes['jairouter.backend'], attributes['jairouter.outcome'], status])).toEqual([
    ['slow', 'hedge_lost', 0],
    ['fast', 'ok', 0],
  ])
  expect(calls[1]?.attributes).toHaveProperty('gen_ai.usage.output_tokens')
  expect(calls[0]?.attributes).not.toHaveProperty('gen_ai.usage.output_tokens')
})

test('a failure, and a broken stream that has gone out as 200', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet({ one: { faults: { 'sim-chat': { name: 'status', status: 500 } } } }, { tracing: tracingTo(receiver) })
  const refused = await fleet.chat()
  expect(refused.status).toBeGreaterThanOrEqual(500)
  await receiver.received(2)
  fleet.simulator('one').setFault('sim-chat', { name: 'reset-mid-stream' })
  const stream = await openStream(fleet.url)
  expect(stream.status).toBe(200)
  await stream.text.catch(() => {})
  await fleet.settled(2)
  const total = fleet.records.reduce((sum, { attempts }) => sum + 1 + attempts.length, 0)
  const requests = (await receiver.received(total)).filter(({ kind }) => kind === 2)
  expect(requests.map(({ status, attributes }) => [status, attributes['http.response.status_code'], attributes['error.type']])).toEqual([
    [2, refused.status, refused.code],
    [2, 200, 'stream_interrupted'],
  ])
})

test('a shadow copy: its calls are below the request that it is made of', async () => {
  const receiver = await startHttpReceiver()
  const fleet = await startFleet(
    { real: { backend: { models: ['sim-chat'] } }, shadow: { backend: { models: ['sim-chat'] } } },
    {
      models: [
        {
          name: 'smart',
          targets: [
            { backend: 'real', model: 'sim-chat', group: 'control' },
            { backend: 'shadow', model: 'sim-chat', group: 'canary' },
          ],
          experiment: { groups: [{ name: 'control' }, { name: 'canary', weight: 0 }], shadow: { group: 'canary', share: 1 } },
        },
      ],
      tracing: tracingTo(receiver),
    },
  )
  expect((await fleet.chat({ model: 'smart' })).backend).toBe('real')
  const spans = await receiver.received(3)
  const request = requestOf(spans)
  const calls = callsOf(spans).map(({ traceId, parentId, attributes }) => ({ traceId, parentId, shadow: attributes['jairouter.shadow'] }))
  const { traceId, id: parentId } = request
  expect(calls).toHaveLength(2)
  expect(calls).toEqual(
    expect.arrayContaining([
      { traceId, parentId, shadow: undefined },
      { traceId, parentId, shadow: true },
    ]),
  )
})

test('a session', async () => {
  const receiver = await startHttpReceiver()
  const { url, backend, settled } = await startRealtime({}, { tracing: tracingTo(receiver) })
  const client = await openRealtime(url, { headers: { traceparent: TRACEPARENT } })
  ;(await backend.session()).socket.close(1000)
  await client.closed
  await settled(1)
  const spans = await receiver.received(2)
  expect(requestOf(spans)).toMatchObject({ name: 'realtime m', traceId: PARENT.traceId, attributes: { 'http.response.status_code': 101 } })
  expect(callsOf(spans)).toMatchObject([{ name: 'realtime m', parentId: requestOf(spans).id }])
})
