import { describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { formOf, noise } from '../support/multipart.ts'
import { exchangeRaw, openRaw, responsesOf } from '../support/raw-connection.ts'
import { errorBodyOf } from '../support/start-faulty.ts'
import { startPair, type Pair } from '../support/start-pair.ts'

const CHAT = '/v1/chat/completions'
const messages = [{ role: 'user', content: 'x' }]
const good = JSON.stringify({ model: 'sim-chat', messages })

function requestOf(path: string, body: string | Buffer, headers: readonly string[] = ['content-type: application/json']): Buffer {
  const bytes = Buffer.from(body)
  const head = [`POST ${path} HTTP/1.1`, 'host: gateway.example', ...headers, `content-length: ${bytes.length}`]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

/** Nothing reached the backend, and the next request on a connection of its own is served. */
async function expectUnharmed({ gateway, posts }: Pair): Promise<void> {
  expect(posts()).toEqual([])
  expect((await exchangeRaw(gateway.url, requestOf(CHAT, good))).status).toBe(200)
  expect(posts()).toHaveLength(1)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
}

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const withMember = (member: string) => `{"model":"sim-chat","messages":[{"role":"user","content":"x"}],${member}}`

interface Bad {
  readonly what: string
  readonly path?: string
  readonly body: string | Buffer
  readonly param: string | null
  readonly status?: number
  readonly says?: RegExp
}
const JSON_BODIES: readonly Bad[] = [
  { what: 'an empty body', body: '', param: null, says: /empty/ },
  { what: 'blanks', body: ' \r\n ', param: null, says: /JSON/ },
  { what: 'broken JSON', body: '{"model":"sim-chat","messages":[', param: null, says: /JSON/ },
  { what: 'JSON with a comma too many', body: '{"model":"sim-chat","messages":[],}', param: null, says: /JSON/ },
  { what: 'two JSON texts', body: `${good}${good}`, param: null, says: /JSON/ },
  { what: 'NaN', body: withMember('"temperature":NaN'), param: null, says: /JSON/ },
  { what: 'single quotes', body: "{'model':'sim-chat'}", param: null, says: /JSON/ },
  { what: 'a form', body: 'model=sim-chat&messages=x', param: null, says: /JSON/ },
  { what: 'a JSON array', body: `[${good}]`, param: null, says: /object/ },
  { what: 'a JSON number', body: '7', param: null, says: /object/ },
  { what: 'a JSON string', body: '"sim-chat"', param: null, says: /object/ },
  { what: 'a JSON null', body: 'null', param: null, says: /object/ },
  {
    what: 'bytes that are no UTF-8',
    body: Buffer.concat([Buffer.from('{"model":"sim-chat","messages":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
    param: null,
    says: /UTF-8/,
  },
  { what: 'UTF-16', body: Buffer.from(good, 'utf16le'), param: null },
  { what: 'no model', body: JSON.stringify({ messages }), param: 'model', says: /"model"/ },
  { what: 'a null model', body: JSON.stringify({ model: null, messages }), param: 'model', says: /"model"/ },
  { what: 'an empty model', body: JSON.stringify({ model: '', messages }), param: 'model', says: /"model"/ },
  { what: 'a number as model', body: JSON.stringify({ model: 7, messages }), param: 'model', says: /"model".*string/ },
  { what: 'a list as model', body: JSON.stringify({ model: ['sim-chat'], messages }), param: 'model', says: /"model".*string/ },
  { what: 'an object as model', body: JSON.stringify({ model: { name: 'sim-chat' }, messages }), param: 'model', says: /"model".*string/ },
  { what: 'a model of 100,000 letters', body: JSON.stringify({ model: 'm'.repeat(100_000), messages }), param: 'model' },
  { what: 'a model with a line break', body: JSON.stringify({ model: 'sim-chat\r\nx-evil: 1', messages }), param: 'model' },
  { what: 'a model with a NUL', body: JSON.stringify({ model: 'sim-chat\u0000', messages }), param: 'model' },
  { what: 'no messages', body: JSON.stringify({ model: 'sim-chat' }), param: 'messages', says: /"messages"/ },
  { what: 'a text as messages', body: JSON.stringify({ model: 'sim-chat', messages: 'x' }), param: 'messages', says: /"messages".*array/ },
  {
    what: 'an object as messages',
    body: JSON.stringify({ model: 'sim-chat', messages: {} }),
    param: 'messages',
    says: /"messages".*array/,
  },
  {
    what: 'a text as stream',
    body: JSON.stringify({ model: 'sim-chat', messages, stream: 'true' }),
    param: 'stream',
    says: /"stream".*boolean/,
  },
  {
    what: 'a number as stream',
    body: JSON.stringify({ model: 'sim-chat', messages, stream: 1 }),
    param: 'stream',
    says: /"stream".*boolean/,
  },
  {
    what: 'a text as stream_options',
    body: JSON.stringify({ model: 'sim-chat', messages, stream: true, stream_options: 'x' }),
    param: 'stream_options',
  },
  {
    what: 'no query to rerank',
    path: '/v1/rerank',
    body: JSON.stringify({ model: 'sim-rerank', documents: ['a'] }),
    param: 'query',
    says: /"query"/,
  },
  {
    what: 'a text as documents',
    path: '/v1/rerank',
    body: JSON.stringify({ model: 'sim-rerank', query: 'x', documents: 'a' }),
    param: 'documents',
    says: /"documents".*array/,
  },
  {
    what: 'no input to speech',
    path: '/v1/audio/speech',
    body: JSON.stringify({ model: 'sim-tts', voice: 'a' }),
    param: 'input',
    says: /"input"/,
  },
  {
    what: 'no prompt to completions',
    path: '/v1/completions',
    body: JSON.stringify({ model: 'sim-chat' }),
    param: 'prompt',
    says: /"prompt"/,
  },
  {
    what: 'no prompt to images',
    path: '/v1/images/generations',
    body: JSON.stringify({ model: 'sim-image' }),
    param: 'prompt',
    says: /"prompt"/,
  },
  {
    what: 'no input to moderations',
    path: '/v1/moderations',
    body: JSON.stringify({ model: 'sim-moderation' }),
    param: 'input',
    says: /"input"/,
  },
  { what: 'two models', body: '{"model":"sim-chat","messages":[],"model":"sim-tts"}', param: 'model', says: /"model".*twice/ },
  {
    what: 'two models, one written with an escape',
    body: '{"model":"sim-chat","messages":[],"mod\\u0065l":"sim-tts"}',
    param: 'model',
    says: /"model".*twice/,
  },
  { what: 'two streams', body: withMember('"stream":false,"stream":true'), param: 'stream', says: /"stream".*twice/ },
  { what: 'JSON 66 levels deep', body: withMember(`"extra":${nested(65)}`), param: 'extra', says: /deep/ },
  { what: 'messages 80 levels deep', body: `{"model":"sim-chat","messages":${nested(80)}}`, param: 'messages', says: /deep/ },
  { what: 'JSON 100,000 levels deep', body: withMember(`"extra":${nested(100_000)}`), param: 'extra', says: /deep/ },
  {
    what: 'objects 100,000 levels deep',
    body: withMember(`"extra":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    param: 'extra',
    says: /deep/,
  },
  { what: 'nothing but 1,000,000 brackets', body: '['.repeat(1_000_000), param: null },
  { what: 'an unknown model', body: JSON.stringify({ model: 'sim-chta', messages }), param: 'model', status: 404, says: /"sim-chat"/ },
  {
    what: 'a model named as a property of every object',
    body: JSON.stringify({ model: '__proto__', messages }),
    param: 'model',
    status: 404,
  },
  { what: 'a model of another service', body: JSON.stringify({ model: 'constructor', messages }), param: 'model', status: 404 },
]

describe('a JSON body', () => {
  it.each(JSON_BODIES)('is refused: $what', async ({ path = CHAT, body, param, status = 400, says = /./ }) => {
    const pair = await startPair()
    const response = await exchangeRaw(pair.gateway.url, requestOf(path, body))
    const error = errorBodyOf(response.body)
    expect([response.status, error]).toEqual([
      status,
      { message: expect.stringMatching(says), type: 'invalid_request_error', param, code: expect.any(String) },
    ])
    expect(error.message.length).toBeLessThan(1_000)
    await expectUnharmed(pair)
  })

  it.each([
    { what: 'at the top', member: '"__proto__":{"polluted":1}' },
    { what: 'nested', member: '"extra":{"a":[{"__proto__":{"polluted":1}}]}' },
    { what: 'as constructor.prototype', member: '"constructor":{"prototype":{"polluted":1}}' },
    { what: 'in messages', member: '"metadata":{"__proto__":null,"hasOwnProperty":1,"toString":2}' },
  ])('with __proto__ $what changes nothing and goes on as it came, or is refused', async ({ member }) => {
    const { gateway, posts } = await startPair()
    const body = withMember(member)
    const response = await exchangeRaw(gateway.url, requestOf(CHAT, body))
    if (response.status === 200) expect(posts()[0]?.body.toString()).toBe(body)
    else expect([response.status, posts().length]).toEqual([400, 0])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect((await exchangeRaw(gateway.url, requestOf(CHAT, good))).status).toBe(200)
  })

  it.each([
    { what: 'at the edge of what depth is taken', body: withMember(`"extra":${nested(60)}`) },
    { what: 'a number of 100,000 digits', body: withMember(`"extra":${'9'.repeat(100_000)}`) },
    { what: '100,000 keys', body: withMember(`"extra":{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":0`).join()}}`) },
    { what: 'lone surrogates and NULs, escaped', body: withMember('"extra":"\\ud800 \\u0000 \\udfff"') },
    { what: 'unknown fields twice', body: withMember('"extra":1,"extra":2') },
    { what: 'without a content type', body: good, headers: [] },
    { what: 'with a charset', body: good, headers: ['content-type: Application/JSON; charset=utf-8'] },
  ])('goes on byte for byte: $what', async ({ body, headers }) => {
    const { gateway, sent } = await startPair()
    const response = await exchangeRaw(gateway.url, requestOf(CHAT, body, headers))
    expect(response.status).toBe(200)
    expect(sent().body.toString()).toBe(body)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/form-data; boundary=x', 'application/xml'])(
    'under another content type is a 415: %s',
    async (type) => {
      const pair = await startPair()
      const response = await exchangeRaw(pair.gateway.url, requestOf(CHAT, good, [`content-type: ${type}`]))
      expect([response.status, errorBodyOf(response.body).code]).toEqual([415, 'unsupported_media_type'])
      await expectUnharmed(pair)
    },
  )

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x-gzip'])('in %s is a 415', async (encoding) => {
    const pair = await startPair()
    const response = await exchangeRaw(
      pair.gateway.url,
      requestOf(CHAT, gzipSync(good), ['content-type: application/json', `content-encoding: ${encoding}`]),
    )
    expect([response.status, errorBodyOf(response.body).code]).toEqual([415, 'unsupported_media_type'])
    await expectUnharmed(pair)
  })
})

describe('a body over the limit', () => {
  const LIMIT = 10_000
  const config = { server: { bodyLimit: `${LIMIT}b` } }

  it('is taken up to the last byte of it', async () => {
    const { gateway, sent } = await startPair({ config })
    const body = good.padEnd(LIMIT)
    expect((await exchangeRaw(gateway.url, requestOf(CHAT, body))).status).toBe(200)
    expect(sent().body.length).toBe(LIMIT)
  })

  it.each([LIMIT + 1, 100_000_000, Number.MAX_SAFE_INTEGER])(
    'of %i bytes is a 413 before a byte of it was sent, and the connection ends',
    async (length) => {
      const pair = await startPair({ config })
      const connection = openRaw(pair.gateway.url)
      connection.send(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`)
      const [response] = responsesOf(await connection.closed())
      expect([response?.status, errorBodyOf(response?.body ?? '').code, response?.header('connection')]).toEqual([
        413,
        'request_too_large',
        'close',
      ])
      await expectUnharmed(pair)
    },
  )

  it('in chunks without an end is a 413 once it is reached, and is not read on', async () => {
    const pair = await startPair({ config })
    const connection = openRaw(pair.gateway.url)
    connection.send(`POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`)
    for (let sent = 0; sent <= LIMIT; sent += 1_000) connection.send(`3e8\r\n${' '.repeat(1_000)}\r\n`)
    const [response] = responsesOf(await connection.closed())
    expect([response?.status, errorBodyOf(response?.body ?? '').code, response?.header('connection')]).toEqual([
      413,
      'request_too_large',
      'close',
    ])
    await expectUnharmed(pair)
  })

  it('as an upload is a 413, too', async () => {
    const pair = await startPair({ config })
    const form = formOf([['model', 'sim-stt'], { name: 'file', filename: 'a.wav', bytes: noise(2 * LIMIT) }])
    const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-type: ${form.contentType}\r\n`
    const declared = openRaw(pair.gateway.url)
    declared.send(`${head}content-length: ${form.body.length}\r\n\r\n`)
    expect(responsesOf(await declared.closed()).map(({ status }) => status)).toEqual([413])
    const chunked = openRaw(pair.gateway.url)
    chunked.send(Buffer.concat([Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${form.body.length.toString(16)}\r\n`), form.body]))
    expect(responsesOf(await chunked.closed()).map(({ status }) => status)).toEqual([413])
    // Its beginning had gone upstream; whoever got it saw that it was no whole request.
    expect(pair.posts().filter(({ finished }) => finished)).toEqual([])
  })

  it('that is shorter than it says is never taken for a request', async () => {
    const pair = await startPair()
    const connection = openRaw(pair.gateway.url)
    connection.send(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${good.length + 10}\r\n\r\n${good}`,
    )
    connection.end()
    expect(responsesOf(await connection.closed()).filter(({ status }) => status < 400)).toEqual([])
    await expectUnharmed(pair)
  })
})

describe('a multipart body', () => {
  const PATH = '/v1/audio/transcriptions'
  const file = { name: 'file', filename: 'a.wav', bytes: noise(500) }
  const whole = formOf([['model', 'sim-stt'], file])
  const part = (name: string, value: string) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const FORM = 'multipart/form-data; boundary=b'
  const BODIES: readonly { what: string; type?: string; body: string | Buffer; param: string | null; says?: RegExp; status?: number }[] = [
    { what: 'without a boundary', type: 'multipart/form-data', body: whole.body, param: null, says: /boundary/ },
    { what: 'with an empty boundary', type: 'multipart/form-data; boundary=', body: whole.body, param: null, says: /boundary/ },
    { what: 'with another boundary than it says', type: 'multipart/form-data; boundary=other', body: whole.body, param: null },
    { what: 'cut within the file', type: whole.contentType, body: formOf([['model', 'sim-stt'], file]).body.subarray(0, 400), param: null },
    { what: 'without its last boundary', type: FORM, body: part('model', 'sim-stt'), param: null },
    { what: 'that is empty', type: FORM, body: '', param: null },
    { what: 'without a model', type: FORM, body: `${part('language', 'de')}--b--\r\n`, param: 'model', says: /"model"/ },
    { what: 'with an empty model', type: FORM, body: `${part('model', '')}--b--\r\n`, param: 'model', says: /"model"/ },
    {
      what: 'with two models',
      type: FORM,
      body: `${part('model', 'sim-stt')}${part('model', 'sim-chat')}--b--\r\n`,
      param: 'model',
      says: /"model".*twice/,
    },
    {
      what: 'with two files',
      ...toCase(formOf([file, file, ['model', 'sim-stt']])),
      param: 'file',
      says: /"file".*twice/,
    },
    {
      what: 'with two languages',
      type: FORM,
      body: `${part('language', 'de')}${part('language', 'en')}${part('model', 'sim-stt')}--b--\r\n`,
      param: 'language',
      says: /"language".*twice/,
    },
    { what: 'with a file as model', ...toCase(formOf([{ name: 'model', filename: 'a', bytes: Buffer.from('sim-stt') }])), param: 'model' },
    { what: 'with a model of 10,000 letters', type: FORM, body: `${part('model', 'm'.repeat(10_000))}--b--\r\n`, param: 'model' },
    { what: 'with a line break in the model', type: FORM, body: `${part('model', 'sim-stt\r\nx: y')}--b--\r\n`, param: 'model' },
    { what: 'with a part without a name', type: FORM, body: '--b\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--\r\n', param: null },
    {
      what: 'with 9,000 bytes of headers in a part',
      type: FORM,
      body: `--b\r\nx: ${'h'.repeat(9_000)}\r\n\r\nx\r\n--b--\r\n`,
      param: null,
    },
    {
      what: 'for an unknown model',
      type: FORM,
      body: `${part('model', 'sim-sst')}--b--\r\n`,
      param: 'model',
      says: /"sim-stt"/,
      status: 404,
    },
    { what: 'that is JSON', type: 'application/json', body: '{"model":"sim-stt"}', param: null, status: 415 },
  ]
  function toCase({ contentType, body }: { contentType: string; body: Buffer }) {
    return { type: contentType, body }
  }

  it.each(BODIES)('is refused: $what', async ({ type, body, param, says = /./, status = 400 }) => {
    const pair = await startPair()
    const response = await exchangeRaw(pair.gateway.url, requestOf(PATH, body, [`content-type: ${type ?? ''}`]))
    expect([response.status, errorBodyOf(response.body)]).toEqual([
      status,
      { message: expect.stringMatching(says), type: 'invalid_request_error', param, code: expect.any(String) },
    ])
    expect(pair.posts().filter(({ finished }) => finished)).toEqual([])
    expect((await exchangeRaw(pair.gateway.url, requestOf(CHAT, good))).status).toBe(200)
  })

  it('may name its array fields more than once', async () => {
    const { gateway } = await startPair()
    const form = formOf([['model', 'sim-stt'], ['timestamp_granularities[]', 'word'], ['timestamp_granularities[]', 'segment'], file])
    expect((await exchangeRaw(gateway.url, requestOf(PATH, form.body, [`content-type: ${form.contentType}`]))).status).toBe(200)
  })
})
