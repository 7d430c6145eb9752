import { describe, expect, it } from 'vitest'
import { answerPlain } from '../support/realtime-backend.ts'
import { openRealtime, refusedRealtime } from '../support/realtime-client.ts'
import { exchangeRaw, openRaw, responsesOf } from '../support/raw-connection.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { startScripted } from '../support/scripted-server.ts'
import { endsIdle } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'
import { realtimeEntry, startRealtime } from '../support/start-realtime.ts'

const KEY = 'sk-canary-of-the-client-1f0c5d'
const BACKEND_KEY = 'sk-canary-of-the-backend-9e2b7a'
const keyed = { auth: { keys: [{ name: 'app', key: KEY }] }, backend: { apiKey: BACKEND_KEY } }
const KEY_PROTOCOL = `openai-insecure-api-key.${KEY}`

describe('the key', () => {
  it.each([
    { form: 'Authorization: Bearer', headers: { authorization: `Bearer ${KEY}` } },
    { form: 'x-api-key', headers: { 'x-api-key': KEY } },
    { form: 'api-key', headers: { 'api-key': KEY } },
    { form: 'a subprotocol', protocols: ['realtime', KEY_PROTOCOL, 'openai-beta.realtime-v1'] },
    { form: 'a subprotocol in other letters', protocols: ['realtime', `OpenAI-Insecure-API-Key.${KEY}`] },
  ])('is accepted as $form, and goes nowhere', async ({ headers = {}, protocols = [] }) => {
    const { url, backend, settled, records, logged } = await startRealtime({}, { ...keyed, log: { level: 'trace' } })
    const client = await openRealtime(url, { headers, protocols })
    client.socket.send(KEY.slice(0, 3))
    await client.heard(1)
    client.socket.close(1000)
    await settled(1)
    expect(records[0]).toMatchObject({ principal: 'app', status: 101 })
    const [handshake] = backend.handshakes
    expect(handshake?.headers.authorization).toBe(`Bearer ${BACKEND_KEY}`)
    for (const text of [JSON.stringify(handshake), logged(), JSON.stringify((await readMetrics(url)).samples)]) {
      expect(text).not.toContain(KEY)
      expect(text).not.toContain('canary-of-the-client')
    }
    expect(logged()).not.toContain(BACKEND_KEY)
    expect(JSON.stringify(client.headers)).not.toContain('canary')
  })

  it.each([
    ['none', {}, []],
    ['a wrong one', { authorization: 'Bearer wrong' }, []],
    ['a wrong one as a subprotocol', {}, ['realtime', 'openai-insecure-api-key.wrong']],
    ['a wrong one in a header, though a subprotocol has a good one', { 'x-api-key': 'wrong' }, [KEY_PROTOCOL]],
  ])('is asked for: 401 for %s', async (_what, headers, protocols) => {
    const { url, backend } = await startRealtime({}, keyed)
    const refused = await refusedRealtime(url, { headers, protocols })
    expect(refused.status).toBe(401)
    expect(refused.headers).toMatchObject({ 'content-type': 'application/json', 'www-authenticate': 'Bearer', connection: 'close' })
    expect(refused.body).toEqual({
      error: { message: 'The API key is missing or not valid', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    })
    expect(backend.handshakes).toEqual([])
  })

  it('is not asked for where access is open; pages from elsewhere then stay out', async () => {
    const { url } = await startRealtime()
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8080', 'http://[::1]'])
      await openRealtime(url, { headers: { origin } })
    for (const origin of ['https://example.com', 'http://localhost.example.com', 'null', 'file://']) {
      const refused = await refusedRealtime(url, { headers: { origin } })
      expect([origin, refused.status, refused.body]).toMatchObject([origin, 403, { error: { code: 'origin_not_allowed' } }])
    }
  })

  it('lets pages from anywhere in', async () => {
    const { url, backend } = await startRealtime({}, keyed)
    await openRealtime(url, { headers: { origin: 'https://example.com' }, protocols: ['realtime', KEY_PROTOCOL] })
    expect(backend.handshakes[0]?.headers).not.toHaveProperty('origin')
  })

  it('that carries a key in the query is not passed on', async () => {
    const { url, backend } = await startRealtime()
    const path = '/v1/realtime?api-key=a&API_KEY=b&key=c&token=d&access_token=e&x-api-key=f&model=m&keys=g&intent=transcription'
    await openRealtime(url, { path })
    expect(backend.handshakes[0]?.path).toBe('/v1/realtime?model=m&keys=g&intent=transcription')
  })
})

describe('what is refused before the upgrade', () => {
  it.each([
    {
      what: 'no model',
      path: '/v1/realtime',
      status: 400,
      error: { message: 'The field "model" is missing', type: 'invalid_request_error', param: 'model', code: 'missing_field' },
    },
    {
      what: 'two models',
      path: '/v1/realtime?model=m&model=n',
      status: 400,
      error: {
        message: 'The parameter "model" stands in the query twice',
        type: 'invalid_request_error',
        param: 'model',
        code: 'duplicate_field',
      },
    },
    {
      what: 'an unknown model',
      path: '/v1/realtime?model=mm',
      status: 404,
      error: {
        message: 'There is no model "mm" for chat; did you mean "m"?',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    },
    {
      what: 'a model that the key may not use',
      path: '/v1/realtime?model=m',
      headers: { authorization: 'Bearer a-narrow-key-of-the-test' },
      status: 403,
      error: {
        message: 'This API key may not use the model "m"',
        type: 'permission_error',
        param: 'model',
        code: 'model_not_allowed',
      },
    },
  ])('$what: $status', async ({ path, status, error, headers = { authorization: `Bearer ${KEY}` } }) => {
    const keys = [...keyed.auth.keys, { name: 'narrow', key: 'a-narrow-key-of-the-test', models: ['other'] }]
    const { url, backend, settled, records } = await startRealtime({}, { auth: { keys } })
    const refused = await refusedRealtime(url, { path, headers: { ...headers, 'x-request-id': 'my-id' } })
    expect([refused.status, refused.body]).toEqual([status, { error }])
    expect(refused.headers['x-request-id']).toBe('my-id')
    expect(backend.handshakes).toEqual([])
    await settled(1)
    expect(records[0]).toMatchObject({ id: 'my-id', endpoint: 'realtime', status, code: error.code, attempts: [] })
  })

  const head = (lines: readonly string[], path = '/v1/realtime?model=m') =>
    `${[`GET ${path} HTTP/1.1`, 'host: x', 'connection: upgrade', 'upgrade: websocket', ...lines].join('\r\n')}\r\n\r\n`
  const GOOD = ['sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==']

  it.each([
    ['no version', [GOOD[1] ?? ''], 426, 'upgrade_required'],
    ['an old version', ['sec-websocket-version: 8', GOOD[1] ?? ''], 426, 'upgrade_required'],
    ['no key of the handshake', [GOOD[0] ?? ''], 400, 'invalid_request'],
    ['a broken key of the handshake', [GOOD[0] ?? '', 'sec-websocket-key: short=='], 400, 'invalid_request'],
    ['a subprotocol twice', [...GOOD, 'sec-websocket-protocol: a, a'], 400, 'invalid_request'],
    ['a subprotocol that is no token', [...GOOD, 'sec-websocket-protocol: a, b c'], 400, 'invalid_request'],
    ['two hosts', [...GOOD, 'host: y'], 400, 'ambiguous_request'],
    ['a path that is too long', GOOD, 414, 'uri_too_long'],
  ])('%s', async (what, lines, status, code) => {
    const { url, backend } = await startRealtime()
    const path = what.startsWith('a path') ? `/v1/realtime?model=m&x=${'y'.repeat(8_192)}` : undefined
    const response = await exchangeRaw(url, head(lines, path))
    expect([response.status, JSON.parse(response.body)]).toMatchObject([status, { error: { code } }])
    expect(response.header('connection')).toBe('close')
    expect(response.header('sec-websocket-version')).toBe(status === 426 ? '13' : undefined)
    expect(backend.handshakes).toEqual([])
  })

  it('a plain request to the path: 426', async () => {
    const { url } = await startRealtime()
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${url}/v1/realtime?model=m`, { method })
      expect([response.status, response.headers.get('upgrade'), await response.json()]).toMatchObject([
        426,
        'websocket',
        { error: { code: 'upgrade_required' } },
      ])
    }
  })

  it('a WebSocket to another path: what a plain request gets', async () => {
    const { url } = await startRealtime()
    const statuses = new Map<string, number>()
    for (const path of ['/v1/chat/completions', '/v1/nothing', '/v1/realtime/', '/nothing', '/v1/realtimes?model=m'])
      statuses.set(path, (await refusedRealtime(url, { path })).status)
    expect(Object.fromEntries(statuses)).toEqual({
      '/v1/chat/completions': 405,
      '/v1/nothing': 404,
      '/v1/realtime/': 404,
      '/nothing': 404,
      '/v1/realtimes?model=m': 404,
    })
  })

  it('no other upgrade: HTTP/2 is offered in vain, and the request answered as it is', async () => {
    const { url } = await startRealtime()
    const connection = openRaw(url)
    const upgrade = 'host: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA'
    const body = '{"model":"unknown","messages":[]}'
    const requests = [
      `GET /v1/models HTTP/1.1\r\n${upgrade}\r\n\r\n`,
      `GET /v1/realtime?model=m HTTP/1.1\r\n${upgrade}\r\n\r\n`,
      `POST /v1/chat/completions HTTP/1.1\r\n${upgrade}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    ]
    for (const [index, request] of requests.entries()) {
      connection.send(request)
      await connection.until((text) => responsesOf(text).length === index + 1)
    }
    const text = await connection.until(() => true)
    expect(responsesOf(text).map(({ status }) => status)).toEqual([200, 426, 404])
  })
})

describe('a handshake behind a request that is not answered yet', () => {
  it.each([
    ['a good one', '/v1/realtime?model=m'],
    ['one that is refused', `/v1/realtime?model=m&x=${'y'.repeat(8_192)}`],
  ])('closes the connection: %s', async (_what, path) => {
    const slow = await startScripted(() => {})
    const gateway = await startGateway({ backends: [realtimeEntry('slow', slow.url)] })
    endsIdle(gateway)
    const connection = openRaw(gateway.url)
    const body = '{"model":"m","messages":[]}'
    const lines = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==']
    connection.send(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}GET ${path} HTTP/1.1\r\nhost: x\r\n${lines.join('\r\n')}\r\n\r\n`,
    )
    expect(await connection.closed()).toBe('')
    await gateway.settled(1)
    expect(gateway.records.map(({ endpoint, status }) => [endpoint, status])).toEqual([['chat', 499]])
  })
})

describe('a client that leaves before its session stands', () => {
  it.each(['end', 'destroy'] as const)('ends the handshake with the backend: %s', async (how) => {
    const { promise: left, resolve: leaves } = Promise.withResolvers<undefined>()
    const { promise: asked, resolve: asks } = Promise.withResolvers<undefined>()
    const { url, settled, records, gateway } = await startRealtime({
      onHandshake(_request, socket) {
        socket.once('end', () => leaves(undefined))
        socket.once('close', () => leaves(undefined))
        socket.resume()
        asks(undefined)
        return 'handled'
      },
    })
    const connection = openRaw(url)
    const lines = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==']
    connection.send(`GET /v1/realtime?model=m HTTP/1.1\r\nhost: x\r\n${lines.join('\r\n')}\r\n\r\n`)
    await asked
    connection[how]()
    await left
    await settled(1)
    expect(records[0]).toMatchObject({ status: 499, code: 'client_closed', attempts: [{ outcome: 'client_closed' }] })
    expect(gateway.openLeases()).toBe(0)
  })
})

describe('subprotocols', () => {
  it('are passed on without those that carry a key, and the one that the backend chose comes back', async () => {
    const { url, backend } = await startRealtime({ choose: (offered) => (offered.has('b') ? 'b' : false) }, keyed)
    const client = await openRealtime(url, { protocols: ['a', KEY_PROTOCOL, 'b', 'openai-insecure-api-key.other'] })
    expect(backend.handshakes[0]?.headers['sec-websocket-protocol']).toBe('a,b')
    expect(client.socket.protocol).toBe('b')
  })

  it('that nobody offers are none', async () => {
    const { url, backend } = await startRealtime()
    const client = await openRealtime(url)
    expect(backend.handshakes[0]?.headers).not.toHaveProperty('sec-websocket-protocol')
    expect([client.socket.protocol, client.headers['sec-websocket-protocol']]).toEqual(['', undefined])
  })

  it('of a backend that chooses none are taken to be the first', async () => {
    const { url } = await startRealtime({ choose: () => false })
    const client = await openRealtime(url, { protocols: ['realtime', 'other'] })
    expect(client.socket.protocol).toBe('realtime')
  })

  it('that were not offered are a failure of the backend', async () => {
    const { url } = await startRealtime({ choose: () => 'another' }, { defaults: { retry: { attempts: 1 } } })
    const refused = await refusedRealtime(url, { protocols: ['realtime'] })
    expect([refused.status, refused.body]).toMatchObject([502, { error: { code: 'upstream_protocol_error' } }])
  })
})

describe('what a backend refuses', () => {
  it.each([
    [400, 'bad session', 400, 'upstream_rejected', 'status_400'],
    [401, 'wrong key', 502, 'upstream_error', 'status_401'],
    [403, '', 502, 'upstream_error', 'status_403'],
    [500, 'oops', 502, 'upstream_error', 'status_500'],
    [503, 'loading', 503, 'overloaded', 'status_503'],
    [200, 'hello', 502, 'upstream_protocol_error', 'upstream_protocol_error'],
    [302, '', 502, 'upstream_error', 'status_302'],
  ])('with %i is told as for any other call', async (status, message, told, code, outcome) => {
    const body = JSON.stringify({ error: { message: `${message} ${BACKEND_KEY}`, type: 'some_type', param: null, code: 'some_code' } })
    const { url, settled, records, logged } = await startRealtime(
      { onHandshake: (_request, socket) => answerPlain(socket, `${status} X`, body, ['location: http://127.0.0.1:1/']) },
      { ...keyed, defaults: { retry: { attempts: 1 } } },
    )
    const refused = await refusedRealtime(url, { headers: { authorization: `Bearer ${KEY}` } })
    await settled(1)
    expect(refused.status).toBe(told)
    expect(records[0]).toMatchObject({ status: told, code, attempts: [{ outcome, status }] })
    expect(JSON.stringify(refused.body)).not.toContain(BACKEND_KEY)
    expect(logged()).not.toContain(BACKEND_KEY)
  })
})
