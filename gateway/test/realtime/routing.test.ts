import type { Duplex } from 'node:stream'
import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { startMute } from '../support/mute-server.ts'
import { answerPlain, startRealtimeBackend } from '../support/realtime-backend.ts'
import { openRealtime, refusedRealtime } from '../support/realtime-client.ts'
import { endsIdle } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'
import { realtimeEntry, startRealtime } from '../support/start-realtime.ts'

const refuse =
  (status: string, headers: readonly string[] = []) =>
  (_request: unknown, socket: Duplex) =>
    answerPlain(socket, status, '{"error":{"message":"no"}}', headers)

/** `first` is asked before `second`. */
async function startTwo(first: string, second: string, more: Omit<ConfigInput, 'backends' | 'models'> = {}) {
  const targets = [
    { backend: 'first', model: 'm' },
    { backend: 'second', model: 'm', priority: 2 },
  ]
  const gateway = await startGateway({
    ...more,
    backends: [realtimeEntry('first', first), realtimeEntry('second', second)],
    models: [{ name: 'public', targets }],
  })
  endsIdle(gateway)
  return gateway
}

describe('the request to the backend', () => {
  it('names the upstream model, and carries what the client’s headers say but for what is not theirs to say', async () => {
    const backend = await startRealtimeBackend()
    const gateway = await startGateway({
      adapters: { mine: { extends: 'openai-compatible', query: { 'api-version': '1', voice: 'own' }, headers: { 'x-adapter': 'yes' } } },
      backends: [
        realtimeEntry('one', `${backend.url}/base`, {
          type: 'mine',
          models: ['org/Model 1'.replace(' ', '-')],
          headers: { 'X-Team': 'a' },
        }),
      ],
      models: [{ name: 'smart', aliases: ['gpt-realtime'], targets: [{ backend: 'one', model: 'org/Model-1' }] }],
    })
    endsIdle(gateway)
    const client = await openRealtime(gateway.url, {
      path: '/v1/realtime?voice=theirs&model=gpt-realtime&voice=other&call=a%26b',
      headers: {
        'openai-beta': 'realtime=v1',
        'x-vendor': 'kept',
        cookie: 'session=1',
        'x-jairouter-priority': 'batch',
        'user-agent': 'test/1',
      },
    })
    const [handshake] = backend.handshakes
    expect(handshake?.path).toBe('/base/v1/realtime?model=org%2FModel-1&voice=own&call=a%26b&api-version=1')
    expect(handshake?.headers).toEqual({
      'openai-beta': 'realtime=v1',
      'x-vendor': 'kept',
      'user-agent': 'test/1',
      'x-jairouter-hop': '1',
      'accept-encoding': 'identity',
      'x-adapter': 'yes',
      'x-team': 'a',
      'sec-websocket-version': '13',
      'sec-websocket-key': expect.stringMatching(/^.{24}$/),
      connection: 'Upgrade',
      upgrade: 'websocket',
      host: new URL(backend.url).host,
    })
    expect(client.headers).toMatchObject({
      'x-jairouter-backend': 'one',
      'x-jairouter-model': 'org/Model-1',
      'x-jairouter-attempts': '1',
      'x-request-id': expect.stringMatching(/^.{36}$/),
    })
  })

  it('carries no routing headers back where they are hidden', async () => {
    const { url } = await startRealtime({}, { server: { exposeRouting: false } })
    const { headers } = await openRealtime(url)
    expect(Object.keys(headers).filter((name) => name.startsWith('x-'))).toEqual(['x-request-id'])
  })

  it('goes in no circle', async () => {
    const { url, backend } = await startRealtime()
    const refused = await refusedRealtime(url, { headers: { 'x-jairouter-hop': '4' } })
    expect([refused.status, backend.handshakes]).toEqual([508, []])
  })
})

describe('another instance is tried', () => {
  const CLOSED_PORT = 'http://127.0.0.1:1'
  /** At the start, and then not before the test is over. */
  const PROBED = { interval: '1h', unhealthyAfter: 1 }

  it.each([
    ['503', refuse('503 Service Unavailable'), 'status_503'],
    ['429', refuse('429 Too Many Requests', ['retry-after: 30']), 'status_429'],
    ['404', refuse('404 Not Found'), 'status_404'],
    ['403, as servers answer that have no such path', refuse('403 Forbidden'), 'status_403'],
    ['401', refuse('401 Unauthorized'), 'status_401'],
    ['a 200', refuse('200 OK'), 'upstream_protocol_error'],
    ['a connection that breaks', (_request: unknown, socket: { destroy(): void }) => (socket.destroy(), 'handled' as const), 'reset'],
    [
      'a handshake with a wrong answer',
      (_request: unknown, socket: { end(text: string): void }) => {
        socket.end('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: wrong\r\n\r\n')
        return 'handled' as const
      },
      'protocol',
    ],
  ])('after %s', async (_what, onHandshake, outcome) => {
    const first = await startRealtimeBackend({ onHandshake })
    const second = await startRealtimeBackend()
    const { url, records, settled } = await startTwo(first.url, second.url)
    const client = await openRealtime(url, { path: '/v1/realtime?model=public' })
    expect(client.headers).toMatchObject({ 'x-jairouter-backend': 'second', 'x-jairouter-attempts': '2' })
    client.socket.send('x')
    await client.heard(1)
    client.socket.close(1000)
    await settled(1)
    expect(first.handshakes).toHaveLength(1)
    expect(records[0]?.attempts).toMatchObject([
      { instance: 'first/m', outcome },
      { instance: 'second/m', outcome: 'ok', status: 101 },
    ])
  })

  it('after a refused connection', async () => {
    const second = await startRealtimeBackend()
    const { url, records, settled } = await startTwo(CLOSED_PORT, second.url)
    ;(await openRealtime(url, { path: '/v1/realtime?model=public' })).socket.close()
    await settled(1)
    expect(records[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['refused', 'ok'])
  })

  it('in place of one whose health is bad', async () => {
    const second = await startRealtimeBackend()
    const gateway = await startGateway({
      backends: [realtimeEntry('first', CLOSED_PORT, { health: PROBED }), realtimeEntry('second', second.url, { health: PROBED })],
    })
    endsIdle(gateway)
    ;(await openRealtime(gateway.url)).socket.close()
    await gateway.settled(1)
    expect(gateway.records[0]?.attempts.map(({ instance, outcome }) => [instance, outcome])).toEqual([['second/m', 'ok']])
  })

  it.each([
    ['connect', 'https', 'timeout_connect'],
    ['response', 'http', 'timeout_response'],
    ['total', 'http', 'timeout_total'],
  ])('or not, after a handshake that is not answered: limit %s', async (limit, scheme, outcome) => {
    const mute = await startMute()
    const second = await startRealtimeBackend()
    const timeouts = { [limit]: '300ms' }
    const { url, records, settled } = await startTwo(`${scheme}://127.0.0.1:${mute.port}`, second.url, { defaults: { timeouts } })
    const path = '/v1/realtime?model=public'
    if (limit !== 'total') (await openRealtime(url, { path })).socket.close()
    else expect((await refusedRealtime(url, { path })).status).toBe(504)
    await settled(1)
    expect(records[0]?.attempts.map((attempt) => attempt.outcome)).toEqual(limit === 'total' ? [outcome] : [outcome, 'ok'])
  })

  it('only until the session stands', async () => {
    const first = await startRealtimeBackend({ onSession: ({ socket }) => socket.terminate() })
    const second = await startRealtimeBackend()
    const { url } = await startTwo(first.url, second.url)
    const client = await openRealtime(url, { path: '/v1/realtime?model=public' })
    expect(await client.closed).toMatchObject({ code: 1011 })
    expect(second.handshakes).toEqual([])
  })

  it('along the fallback chain as well', async () => {
    const first = await startRealtimeBackend({ onHandshake: refuse('500 X') })
    const second = await startRealtimeBackend()
    const gateway = await startGateway({
      backends: [realtimeEntry('first', first.url), realtimeEntry('second', second.url, { models: ['small'] })],
      models: [{ name: 'big', targets: [{ backend: 'first', model: 'm' }], fallback: [{ model: 'small' }], retry: { attempts: 1 } }],
    })
    endsIdle(gateway)
    const client = await openRealtime(gateway.url, { path: '/v1/realtime?model=big' })
    expect(client.headers).toMatchObject({ 'x-jairouter-backend': 'second', 'x-jairouter-fallback': 'model:small' })
    expect(second.handshakes[0]?.path).toBe('/v1/realtime?model=small')
    client.socket.close()
    await gateway.settled(1)
    expect(gateway.records[0]).toMatchObject({ model: 'big', fallback: 'model', status: 101 })
  })

  it('not where no backend of the model has sessions: 400', async () => {
    const { url, backend } = await startRealtime({}, { backend: { type: 'ollama' } })
    const refused = await refusedRealtime(url)
    expect([refused.status, refused.body]).toMatchObject([
      400,
      { error: { message: 'No model server of "m" offers /v1/realtime', code: 'invalid_request', param: 'model' } },
    ])
    expect(backend.handshakes).toEqual([])
  })

  it('not where nobody is fit: 503 with Retry-After', async () => {
    const { url } = await startGateway({ backends: [realtimeEntry('one', CLOSED_PORT, { health: PROBED })] })
    const refused = await refusedRealtime(url)
    expect([refused.status, refused.headers['retry-after'], refused.body]).toMatchObject([
      503,
      '5',
      { error: { code: 'no_healthy_instance' } },
    ])
  })

  it('not one that its breaker holds out', async () => {
    const first = await startRealtimeBackend({ onHandshake: refuse('500 X') })
    const second = await startRealtimeBackend()
    const { url } = await startTwo(first.url, second.url, { defaults: { breaker: { consecutive: 1, openFor: '1m', maxOpenFor: '1m' } } })
    for (let count = 0; count < 3; count += 1) (await openRealtime(url, { path: '/v1/realtime?model=public' })).socket.close()
    expect([first.handshakes.length, second.handshakes.length]).toEqual([1, 3])
  })
})

it('sessions are counted by the balancer as long as they are open', async () => {
  const one = await startRealtimeBackend()
  const two = await startRealtimeBackend()
  const gateway = await startGateway({ backends: [realtimeEntry('a', one.url), realtimeEntry('b', two.url)] })
  endsIdle(gateway)
  const clients = []
  for (let count = 0; count < 6; count += 1) clients.push(await openRealtime(gateway.url))
  expect([one.handshakes.length, two.handshakes.length]).toEqual([3, 3])
  expect(gateway.gateway.openLeases()).toBe(6)
})
