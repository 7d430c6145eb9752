import { describe, expect, it } from 'vitest'
import { exchangeRaw, openRaw, responsesOf } from '../support/raw-connection.ts'
import { errorBodyOf } from '../support/start-faulty.ts'
import { startPair, type Pair } from '../support/start-pair.ts'

const PATH = '/v1/chat/completions'
const body = JSON.stringify({ model: 'sim-chat', messages: [{ role: 'user', content: 'x' }] })
const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
/** What an attacker hides behind the request: answered, it would have been taken for a request of its own. */
const hidden = 'GET /health/live HTTP/1.1\r\nhost: x\r\nx-hidden: 1\r\n\r\n'

/** A request with these header lines; `framed` is what follows the head. */
const post = (lines: readonly string[], framed: string, first = `POST ${PATH} HTTP/1.1`) =>
  `${[first, ...lines].join('\r\n')}\r\n\r\n${framed}`
const json = 'content-type: application/json'
const length = `content-length: ${body.length}`
const GOOD = post(['host: x', json, length], body)

async function expectUnharmed({ gateway, posts }: Pair): Promise<void> {
  expect(posts()).toEqual([])
  expect((await exchangeRaw(gateway.url, GOOD)).status).toBe(200)
  expect(posts()).toHaveLength(1)
}

/** Each has two readings, or one that another server would not have. */
const FRAMING: readonly (readonly [string, string])[] = [
  ['a length and chunks', post(['host: x', json, length, 'transfer-encoding: chunked'], chunked)],
  ['chunks and a length', post(['host: x', json, 'transfer-encoding: chunked', length], chunked)],
  ['a length of 0 and chunks', post(['host: x', json, 'content-length: 0', 'transfer-encoding: chunked'], chunked)],
  ['chunks within gzip', post(['host: x', json, 'transfer-encoding: gzip, chunked'], chunked)],
  ['chunks and then identity', post(['host: x', json, 'transfer-encoding: chunked, identity'], chunked)],
  ['the coding identity', post(['host: x', json, 'transfer-encoding: identity'], chunked)],
  ['an unknown coding', post(['host: x', json, 'transfer-encoding: xchunked'], chunked)],
  ['the coding in quotes', post(['host: x', json, 'transfer-encoding: "chunked"'], chunked)],
  ['two codings in two lines', post(['host: x', json, 'transfer-encoding: chunked', 'transfer-encoding: chunked'], chunked)],
  ['a coding hidden in a second line', post(['host: x', json, 'transfer-encoding: chunked', 'transfer-encoding: cow'], chunked)],
  ['a tab before the coding’s colon', post(['host: x', json, 'transfer-encoding\t: chunked'], chunked)],
  ['a blank before the coding’s colon', post(['host: x', json, 'transfer-encoding : chunked'], chunked)],
  ['a vertical tab before the coding', post(['host: x', json, 'transfer-encoding:\u000bchunked'], chunked)],
  ['chunks under HTTP/1.0', post(['host: x', json, 'transfer-encoding: chunked'], chunked, `POST ${PATH} HTTP/1.0`)],
  ['the same length twice', post(['host: x', json, length, length], body)],
  ['two lengths', post(['host: x', json, length, 'content-length: 5'], body)],
  ['a list of lengths', post(['host: x', json, `content-length: ${body.length}, ${body.length}`], body)],
  ['a length with a sign', post(['host: x', json, `content-length: +${body.length}`], body)],
  ['a negative length', post(['host: x', json, 'content-length: -1'], body)],
  ['a hexadecimal length', post(['host: x', json, 'content-length: 0x10'], body)],
  ['a length of 2^64', post(['host: x', json, 'content-length: 18446744073709551616'], body)],
  ['a length of two numbers', post(['host: x', json, `content-length: ${body.length} 7`], body)],
  ['a blank before the length’s colon', post(['host: x', json, `content-length : ${body.length}`], body)],
  ['a folded header', post(['host: x', json, 'x-folded: a', ' b', length], body)],
  ['bare line feeds', GOOD.replaceAll('\r\n', '\n')],
  ['one bare line feed', post(['host: x', json, `x-a: b\ntransfer-encoding: chunked`, length], body)],
  ['a bare carriage return', post(['host: x', json, 'x-a: b\rtransfer-encoding: chunked', length], body)],
  ['a NUL in a header', post(['host: x', json, 'x-a: b\u0000c', length], body)],
  ['a blank in a header’s name', post(['host: x', json, 'x a: b', length], body)],
  ['a header’s name beyond ASCII', post(['host: x', json, 'x-\u00e4: b', length], body)],
  ['a header without a colon', post(['host: x', json, 'x-a', length], body)],
  ['no Host', post([json, length], body)],
  ['HTTP/9.9', post(['host: x', json, length], body, `POST ${PATH} HTTP/9.9`)],
  ['a method in small letters', post(['host: x', json, length], body, `post ${PATH} HTTP/1.1`)],
  ['no version', post(['host: x', json, length], body, `POST ${PATH}`)],
  ['a chunk size with a prefix', post(['host: x', json, 'transfer-encoding: chunked'], `0x${chunked}`)],
  ['a negative chunk size', post(['host: x', json, 'transfer-encoding: chunked'], `-1\r\n${body}\r\n0\r\n\r\n`)],
  ['a chunk size beyond 64 bits', post(['host: x', json, 'transfer-encoding: chunked'], `fffffffffffffffff\r\n${body}\r\n0\r\n\r\n`)],
  [
    'a chunk without its line end',
    post(['host: x', json, 'transfer-encoding: chunked'], `${body.length.toString(16)}\r\n${body}0\r\n\r\n`),
  ],
  ['a chunk size behind a line feed', post(['host: x', json, 'transfer-encoding: chunked'], chunked.replace('\r\n', '\n'))],
  [
    '20,000 bytes of chunk extension',
    post(['host: x', json, 'transfer-encoding: chunked'], chunked.replace('\r\n', `;${'e'.repeat(20_000)}\r\n`)),
  ],
]

describe('a request whose framing has two readings', () => {
  it.each(FRAMING)('is refused whole, and its connection with it: %s', async (_what, bytes) => {
    const pair = await startPair()
    const connection = openRaw(pair.gateway.url)
    connection.send(`${bytes}${hidden}`)
    const statuses = responsesOf(await connection.closed()).map(({ status }) => status)
    // The parser may add a 400 of its own to ours; what was hidden is never answered.
    expect(statuses.length).toBeGreaterThan(0)
    for (const status of statuses) expect([400, 413, 417, 431, 505]).toContain(status)
    await expectUnharmed(pair)
  })
})

describe('a header that may stand once', () => {
  it.each([
    ['host', ['host: x', 'host: y']],
    ['host', ['host: x', 'Host: x']],
    ['authorization', ['host: x', 'authorization: Bearer a-good-key', 'authorization: Bearer another-key']],
    ['authorization', ['host: x', 'authorization: Bearer a-good-key', 'Authorization: Bearer a-good-key']],
    ['x-api-key', ['host: x', 'x-api-key: a-good-key', 'x-api-key: another-key']],
    ['api-key', ['host: x', 'api-key: another-key', 'api-key: a-good-key']],
    ['content-type', ['host: x', 'content-type: text/plain']],
  ])('makes a request with two of it a 400: %s', async (name, lines) => {
    const pair = await startPair()
    const response = await exchangeRaw(pair.gateway.url, post([...lines, json, length], body))
    const error = errorBodyOf(response.body)
    expect([response.status, error.code]).toEqual([400, 'ambiguous_request'])
    expect(error.message).toContain(name)
    await expectUnharmed(pair)
  })
})

describe('a request target with two readings', () => {
  it.each([
    '//v1/chat/completions',
    '/v1//chat/completions',
    '/v1/chat/completions//',
    '//evil.example/v1/chat/completions',
    '/v1/../v1/chat/completions',
    '/v1/./chat/completions',
    '/v1/chat/completions/..',
    '/v1/chat/../chat/completions',
    '/v1/%2e%2e/v1/chat/completions',
    '/v1/%2E%2E/metrics',
    '/v1/.%2e/metrics',
    '/v1/%2e/chat/completions',
    '/v1%2fchat%2fcompletions',
    '/v1/chat%2Fcompletions',
    '/v1/..%2f..%2fmetrics',
    '/v1/%252e%252e/metrics',
    '/v1\\chat\\completions',
    '/v1/chat%5ccompletions',
    '/v1/chat/completions%00',
    '/v1/models/%2e%2e%2fmetrics',
    '/v1/models/..%2f..%2fmetrics',
    '/v1/models/a/../../metrics',
    '/v1/models/a%2f..%2fb',
    '/v1/models/a%5cb',
    '/v1/models/a%00',
    'http://gateway.example/v1/chat/completions',
    'https://evil.example/v1/chat/completions',
    '*',
    'v1/chat/completions',
  ])('is a 400: %s', async (target) => {
    const pair = await startPair()
    const response = await exchangeRaw(pair.gateway.url, post(['host: x', json, length], body, `POST ${target} HTTP/1.1`))
    expect(response.status).toBe(400)
    const got = await exchangeRaw(pair.gateway.url, `GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`)
    expect(got.status).toBe(400)
    await expectUnharmed(pair)
  })

  it.each([
    '/V1/chat/completions',
    '/v1/Chat/completions',
    '/v1/chat/completions/',
    '/v1/chat/completions;x',
    '/v1/chat/completions;/../x',
    '/v1/..;/metrics',
  ])('is not read as another path: %s', async (target) => {
    const pair = await startPair()
    const { status } = await exchangeRaw(pair.gateway.url, post(['host: x', json, length], body, `POST ${target} HTTP/1.1`))
    expect([400, 404]).toContain(status)
    await expectUnharmed(pair)
  })

  it('may be anything behind the question mark', async () => {
    const { gateway } = await startPair()
    const target = `${PATH}?a=//b/../c%2f%2e%2e%00&api-version=1`
    expect((await exchangeRaw(gateway.url, post(['host: x', json, length], body, `POST ${target} HTTP/1.1`))).status).toBe(200)
  })
})

describe('a request that is too long', () => {
  it('in its target is a 414', async () => {
    const pair = await startPair()
    const response = await exchangeRaw(
      pair.gateway.url,
      post(['host: x', json, length], body, `POST ${PATH}?${'a'.repeat(9_000)} HTTP/1.1`),
    )
    expect([response.status, errorBodyOf(response.body).code]).toEqual([414, 'uri_too_long'])
    await expectUnharmed(pair)
  })

  it('in one header is a 431, and the connection ends', async () => {
    const pair = await startPair()
    const connection = openRaw(pair.gateway.url)
    connection.send(post(['host: x', `x-long: ${'a'.repeat(17 * 1_024)}`, json, length], body))
    expect(responsesOf(await connection.closed()).map(({ status }) => status)).toEqual([431])
    await expectUnharmed(pair)
  })

  it('in 2,500 headers is a 431', async () => {
    const pair = await startPair()
    const connection = openRaw(pair.gateway.url)
    connection.send(post(['host: x', ...Array.from({ length: 2_500 }, (_, index) => `x-h${index}: a`), json, length], body))
    expect(responsesOf(await connection.closed()).map(({ status }) => status)).toEqual([431])
    await expectUnharmed(pair)
  })

  it('in headers that never end is a 431', async () => {
    const pair = await startPair()
    const connection = openRaw(pair.gateway.url)
    connection.send(`POST ${PATH} HTTP/1.1\r\nhost: x\r\n`)
    for (let line = 0; line < 40; line += 1) connection.send(`x-h${line}: ${'a'.repeat(500)}\r\n`)
    expect(responsesOf(await connection.closed()).map(({ status }) => status)).toEqual([431])
    await expectUnharmed(pair)
  })
})

describe('a path or method that is not there', () => {
  it.each([
    { first: 'GET /v1/chat/completions', status: 405 },
    { first: 'PUT /v1/chat/completions', status: 405 },
    { first: 'DELETE /v1/embeddings', status: 405 },
    { first: 'GET /rerank', status: 405 },
    { first: 'POST /v1/unknown', status: 404 },
    { first: 'GET /nothing', status: 404 },
    { first: 'GET /v1', status: 404 },
    { first: 'GET /v1/chat/completions/x', status: 404 },
    { first: 'GET /admin', status: 404 },
    { first: 'GET /v1/models/unknown', status: 404 },
    { first: 'GET /%ff', status: 404 },
    { first: 'GET /%', status: 404 },
  ])('is a $status in OpenAI’s shape: $first', async ({ first, status }) => {
    const { gateway } = await startPair()
    const response = await exchangeRaw(gateway.url, `${first} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)
    expect([response.status, errorBodyOf(response.body).type]).toEqual([status, 'invalid_request_error'])
    expect(response.header('x-request-id')).toBeDefined()
  })
})

describe('an unusual request with one reading', () => {
  it.each([
    ['chunks', post(['host: x', json, 'transfer-encoding: chunked'], chunked)],
    [
      'chunks with extensions and trailers',
      post(
        ['host: x', json, 'transfer-encoding: Chunked'],
        `${chunked.replace('\r\n', ';a="b";c\r\n').slice(0, -2)}x-trailer: 1\r\nauthorization: Bearer y\r\n\r\n`,
      ),
    ],
    [
      'single bytes as chunks',
      post(['host: x', json, 'transfer-encoding: chunked'], `${[...body].map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`),
    ],
    ['HTTP/1.0 with a length', post([json, length], body, `POST ${PATH} HTTP/1.0`)],
    ['a request to upgrade', post(['host: x', json, length, 'connection: upgrade', 'upgrade: h2c', 'http2-settings: AAMAAABk'], body)],
    ['line ends before the request', `\r\n\r\n${GOOD}`],
  ])('is one request upstream, framed by the gateway: %s', async (_what, bytes) => {
    const { gateway, sent } = await startPair()
    expect((await exchangeRaw(gateway.url, bytes)).status).toBe(200)
    expect(sent().body.toString()).toBe(body)
    expect(sent().headers).toMatchObject({ 'content-length': String(body.length) })
    for (const name of ['transfer-encoding', 'upgrade', 'http2-settings', 'x-trailer', 'x-hidden', 'authorization']) {
      expect(sent().headers).not.toHaveProperty(name)
    }
  })
})

it('has no fault of its own in a method that no route has', async () => {
  const { gateway } = await startPair()
  for (const path of ['/v1/models', '/nothing', '/admin/api/users']) {
    const { status } = await exchangeRaw(gateway.url, post(['host: localhost', 'content-length: 0'], '', `QUERY ${path} HTTP/1.1`))
    expect(status, path).toBe(404)
  }
})
