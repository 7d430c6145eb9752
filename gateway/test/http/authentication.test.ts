import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { exchangeRaw } from '../support/raw-connection.ts'
import { errorBodyOf } from '../support/start-faulty.ts'
import { startPair, startSimulatorForTest, startRelayed } from '../support/start-pair.ts'

const PATH = '/v1/chat/completions'
const KEY = 'sk-a-key-with-37-letters-for-this-test'
const HASHED = 'sk-another-key-known-only-by-its-hash'
const sha256 = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`
const config = {
  auth: {
    keys: [
      { name: 'plain', key: KEY },
      { name: 'hashed', key: sha256(HASHED) },
      { name: 'disabled', key: 'sk-disabled-key', enabled: false },
      { name: 'expired', key: 'sk-expired-key', expires: '2020-01-01T00:00:00Z' },
      { name: 'later', key: 'sk-key-that-expires-later', expires: '2999-01-01T00:00:00+02:00' },
      { name: 'narrow', key: 'sk-key-for-few-models', models: ['sim-c*', '*-tts'] },
      { name: 'nothing', key: 'sk-key-for-no-models', models: ['other'] },
    ],
  },
}
const body = (model = 'sim-chat') => JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], input: 'x', voice: 'a' })
const post = (lines: readonly string[], { path = PATH, model = 'sim-chat' } = {}) =>
  `${[`POST ${path} HTTP/1.1`, 'host: x', 'content-type: application/json', `content-length: ${body(model).length}`, ...lines].join('\r\n')}\r\n\r\n${body(model)}`
const get = (path: string, lines: readonly string[]) => `${[`GET ${path} HTTP/1.1`, 'host: x', ...lines].join('\r\n')}\r\n\r\n`

describe('without keys', () => {
  it('the gateway is open on loopback, and takes any key', async () => {
    const { gateway } = await startPair()
    expect((await exchangeRaw(gateway.url, post([]))).status).toBe(200)
    expect((await exchangeRaw(gateway.url, post(['authorization: Bearer whatever']))).status).toBe(200)
    expect((await exchangeRaw(gateway.url, get('/v1/models', []))).status).toBe(200)
  })

  it('and with mode "required" it does not start, since nobody could get in', async () => {
    await expect(startPair({ config: { auth: { mode: 'required' } } })).rejects.toThrow('auth.keys holds no key')
  })

  it('and beyond loopback it does not start, unless mode "none" was said', async () => {
    const simulator = await startSimulatorForTest()
    const backends = [{ id: 'sim', type: 'openai-compatible', url: simulator.url }]
    await expect(startRelayed({ server: { host: '0.0.0.0' }, backends })).rejects.toThrow(/auth|key/)
    const { gateway } = await startRelayed({ server: { host: '0.0.0.0' }, auth: { mode: 'none' }, backends })
    expect((await exchangeRaw(gateway.url.replace('0.0.0.0', '127.0.0.1'), post([]))).status).toBe(200)
  })
})

describe('with keys', () => {
  it('the mode "none" asks for none', async () => {
    const { gateway } = await startPair({ config: { auth: { mode: 'none', keys: config.auth.keys } } })
    expect((await exchangeRaw(gateway.url, post([]))).status).toBe(200)
  })

  it.each([
    ['authorization: Bearer', [`authorization: Bearer ${KEY}`], 'plain'],
    ['authorization: bearer', [`Authorization: bearer ${KEY}`], 'plain'],
    ['x-api-key', [`x-api-key: ${KEY}`], 'plain'],
    ['api-key', [`api-key: ${KEY}`], 'plain'],
    ['a key known by its hash', [`authorization: Bearer ${HASHED}`], 'hashed'],
    ['a key that has not expired', ['authorization: Bearer sk-key-that-expires-later'], 'later'],
  ])('one gets in by %s', async (_what, lines, name) => {
    const { gateway, sent } = await startPair({ config })
    expect((await exchangeRaw(gateway.url, post(lines))).status).toBe(200)
    await gateway.settled(1)
    expect(gateway.records[0]?.principal).toBe(name)
    // The client's key ends here.
    expect(sent().rawHeaders.join('\n')).not.toMatch(/sk-/)
  })

  const REFUSED: readonly { what: string; lines: readonly string[]; path?: string }[] = [
    { what: 'none', lines: [] },
    { what: 'an empty one', lines: ['authorization: Bearer '] },
    { what: 'only the word', lines: ['authorization: Bearer'] },
    { what: 'an unknown one', lines: ['authorization: Bearer sk-nobody-has-this-key'] },
    { what: 'a disabled one', lines: ['authorization: Bearer sk-disabled-key'] },
    { what: 'an expired one', lines: ['authorization: Bearer sk-expired-key'] },
    { what: 'the beginning of one', lines: [`authorization: Bearer ${KEY.slice(0, -1)}`] },
    { what: 'one and more', lines: [`authorization: Bearer ${KEY}x`] },
    { what: 'one in capitals', lines: [`authorization: Bearer ${KEY.toUpperCase()}`] },
    { what: 'the hash of one', lines: [`authorization: Bearer ${sha256(HASHED)}`] },
    { what: 'the bare hash of one', lines: [`authorization: Bearer ${sha256(HASHED).slice('sha256:'.length)}`] },
    { what: 'two words', lines: [`authorization: Bearer Bearer ${KEY}`] },
    { what: 'two keys in one header', lines: [`authorization: Bearer ${KEY}, Bearer ${KEY}`] },
    { what: 'Basic', lines: [`authorization: Basic ${Buffer.from(`:${KEY}`).toString('base64')}`] },
    { what: 'one without Bearer', lines: [`authorization: ${KEY}`] },
    { what: 'one in the URL', lines: [], path: `${PATH}?api_key=${KEY}&key=${KEY}&access_token=${KEY}` },
    { what: 'one in a cookie', lines: [`cookie: api-key=${KEY}; authorization=Bearer ${KEY}`] },
    { what: 'one of 10,000 letters', lines: [`authorization: Bearer ${'k'.repeat(10_000)}`] },
    { what: 'the name of one', lines: ['authorization: Bearer plain'] },
    { what: 'a property of every object', lines: ['authorization: Bearer __proto__'] },
  ]
  it.each(REFUSED)('one does not get in by $what: a 401 like any other', async ({ lines, path = PATH }) => {
    const { gateway, posts } = await startPair({ config })
    const response = await exchangeRaw(gateway.url, post(lines, { path }))
    expect([response.status, errorBodyOf(response.body)]).toEqual([
      401,
      { message: 'The API key is missing or not valid', type: 'invalid_request_error', param: null, code: 'invalid_api_key' },
    ])
    expect(response.header('www-authenticate')).toBe('Bearer')
    expect(posts()).toEqual([])
    await gateway.settled(1)
    expect(gateway.records).toMatchObject([{ status: 401, code: 'invalid_api_key', principal: undefined, attempts: [] }])
  })

  it.each([
    '/v1/completions',
    '/v1/embeddings',
    '/v1/rerank',
    '/rerank',
    '/v2/rerank',
    '/v1/audio/speech',
    '/v1/audio/transcriptions',
    '/v1/audio/translations',
    '/v1/images/generations',
    '/v1/images/edits',
    '/v1/images/variations',
    '/v1/moderations',
  ])('every endpoint asks for one, before it looks at the body: %s', async (path) => {
    const { gateway } = await startPair({ config })
    const response = await exchangeRaw(
      gateway.url,
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\n{"a`,
    )
    expect([response.status, errorBodyOf(response.body).code]).toEqual([401, 'invalid_api_key'])
  })

  it.each(['/v1/models', '/v1/models/sim-chat'])('so does GET %s', async (path) => {
    const { gateway } = await startPair({ config })
    expect((await exchangeRaw(gateway.url, get(path, []))).status).toBe(401)
    expect((await exchangeRaw(gateway.url, get(path, ['authorization: Bearer sk-expired-key']))).status).toBe(401)
    expect((await exchangeRaw(gateway.url, get(path, [`authorization: Bearer ${KEY}`]))).status).toBe(200)
  })
})

describe('a key for some models', () => {
  const narrow = ['authorization: Bearer sk-key-for-few-models']

  it('may use what its patterns take in', async () => {
    const { gateway } = await startPair({ config })
    expect((await exchangeRaw(gateway.url, post(narrow))).status).toBe(200)
    expect((await exchangeRaw(gateway.url, post(narrow, { path: '/v1/audio/speech', model: 'sim-tts' }))).status).toBe(200)
  })

  it('may not use another: 403, and nothing goes upstream', async () => {
    const { gateway, posts } = await startPair({ config })
    const response = await exchangeRaw(gateway.url, post(narrow, { path: '/v1/embeddings', model: 'sim-embedding' }))
    expect([response.status, errorBodyOf(response.body)]).toEqual([
      403,
      { message: expect.stringContaining('"sim-embedding"'), type: 'permission_error', param: 'model', code: 'model_not_allowed' },
    ])
    expect(posts()).toEqual([])
  })

  it('is told of no model that it may not use', async () => {
    const { gateway } = await startPair({ config })
    const response = await exchangeRaw(gateway.url, post(['authorization: Bearer sk-key-for-no-models'], { model: 'sim-cha' }))
    expect(response.status).toBe(404)
    expect(response.body).not.toContain('sim-chat')
  })

  it.each([
    [
      'all',
      `authorization: Bearer ${KEY}`,
      ['sim-chat', 'sim-embedding', 'sim-image', 'sim-moderation', 'sim-rerank', 'sim-stt', 'sim-tts'],
    ],
    ['those of its patterns', narrow[0] ?? '', ['sim-chat', 'sim-tts']],
    ['none', 'authorization: Bearer sk-key-for-no-models', []],
  ])('sees %s in the list', async (_what, line, models) => {
    const { gateway } = await startPair({ config })
    const { body } = await exchangeRaw(gateway.url, get('/v1/models', [line]))
    const list: { data: readonly { id: string }[] } = JSON.parse(body)
    expect(list.data.map(({ id }) => id).toSorted()).toEqual(models)
  })

  it('finds another by its id as little as one that is not there', async () => {
    const { gateway } = await startPair({ config })
    const hidden = await exchangeRaw(gateway.url, get('/v1/models/sim-embedding', narrow))
    const absent = await exchangeRaw(gateway.url, get('/v1/models/no-such-model', narrow))
    expect([hidden.status, hidden.body]).toEqual([404, absent.body])
    expect((await exchangeRaw(gateway.url, get('/v1/models/sim-chat', narrow))).status).toBe(200)
  })
})

describe('a key that is withdrawn', () => {
  it('is refused from the next request on', async () => {
    const { gateway, simulator } = await startPair({ config })
    expect((await exchangeRaw(gateway.url, post([`authorization: Bearer ${KEY}`]))).status).toBe(200)
    const backends = [{ id: 'sim', type: 'openai-compatible', url: simulator.url }]
    expect(gateway.apply({ auth: { keys: config.auth.keys.filter(({ name }) => name !== 'plain') }, backends })).toEqual([])
    expect((await exchangeRaw(gateway.url, post([`authorization: Bearer ${KEY}`]))).status).toBe(401)
    expect((await exchangeRaw(gateway.url, post([`authorization: Bearer ${HASHED}`]))).status).toBe(200)
  })
})
