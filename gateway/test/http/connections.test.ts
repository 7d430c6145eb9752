import { describe, expect, it } from 'vitest'
import { exchangeRaw, openRaw, responsesOf } from '../support/raw-connection.ts'
import { errorBodyOf } from '../support/start-faulty.ts'
import { startPair } from '../support/start-pair.ts'

const PATH = '/v1/chat/completions'
const KEY = 'a-key-for-this-test'
/** In ASCII, so that it can be sent as it stands. */
const bodyOf = (content: string, more: object = {}) =>
  JSON.stringify({ model: 'sim-chat', messages: [{ role: 'user', content }], ...more }).replaceAll(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

function post(body: string, lines: readonly string[] = []): string {
  const bytes = Buffer.byteLength(body)
  return `${[`POST ${PATH} HTTP/1.1`, 'host: x', 'content-type: application/json', `content-length: ${bytes}`, ...lines].join('\r\n')}\r\n\r\n${body}`
}

describe('Expect: 100-continue', () => {
  const head = (length: number, lines: readonly string[] = []) =>
    `${[`POST ${PATH} HTTP/1.1`, 'host: x', 'content-type: application/json', `content-length: ${length}`, 'expect: 100-continue', ...lines].join('\r\n')}\r\n\r\n`
  const config = { auth: { keys: [{ name: 'test', key: KEY }] }, server: { bodyLimit: '10kb' } }
  const authorized = [`authorization: Bearer ${KEY}`]

  it.each([
    { what: 'a wrong key', request: head(500, ['authorization: Bearer wrong-key']), status: 401 },
    { what: 'no key', request: head(500), status: 401 },
    { what: 'a body over the limit', request: head(20_000, authorized), status: 413 },
    { what: 'a body in gzip', request: head(500, [...authorized, 'content-encoding: gzip']), status: 415 },
    { what: 'a body of another type', request: head(500, authorized).replace('application/json', 'text/plain'), status: 415 },
    { what: 'two Hosts', request: head(500, [...authorized, 'host: y']), status: 400 },
  ])('with $what gets its $status and no 100', async ({ request, status }) => {
    const { gateway, posts } = await startPair({ config })
    const connection = openRaw(gateway.url)
    connection.send(request)
    const text = await connection.closed()
    expect(text).not.toContain('HTTP/1.1 100')
    expect(responsesOf(text).map((response) => response.status)).toEqual([status])
    expect(posts()).toEqual([])
  })

  it('with a good key gets a 100, then its answer; upstream nothing is expected', async () => {
    const { gateway, sent } = await startPair({ config })
    const body = bodyOf('x')
    const connection = openRaw(gateway.url)
    connection.send(head(body.length, authorized))
    expect(await connection.until((text) => text.includes('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    connection.send(body)
    const text = await connection.until((text) => responsesOf(text).length === 1)
    expect(responsesOf(text).map(({ status }) => status)).toEqual([200])
    expect(sent().headers).not.toHaveProperty('expect')
  })

  it('in another form is a 417', async () => {
    const { gateway, posts } = await startPair({ config })
    const response = await exchangeRaw(gateway.url, head(5, authorized).replace('100-continue', 'something-else'))
    expect([response.status, posts().length]).toEqual([417, 0])
  })
})

describe('requests that are sent before the answers have come', () => {
  it('are answered in their order, each with its own answer', async () => {
    const { gateway, posts } = await startPair({ simulator: { tokens: 4 } })
    const kinds = [
      // The first are slow, so that the later ones could overtake them.
      { request: (n: number) => post(bodyOf(`number ${n}`), ['x-simulator-fault: slow:after=30']), status: 200 },
      { request: (n: number) => post(bodyOf(`number ${n}`)), status: 200 },
      { request: (n: number) => post(bodyOf(`number ${n}`, { stream: true })), status: 200 },
      { request: () => post('{"model":'), status: 400 },
      { request: () => post(bodyOf('x', { model: 'nobody' })), status: 404 },
      { request: () => 'GET /v1/unknown HTTP/1.1\r\nhost: x\r\n\r\n', status: 404 },
      { request: () => 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n', status: 200 },
      { request: () => post(bodyOf('x'), ['x-simulator-fault: status:status=500']), status: 502 },
    ]
    const requests = Array.from({ length: 96 }, (_, n) => ({ n, kind: kinds[n % kinds.length] }))
    const connection = openRaw(gateway.url)
    connection.send(
      requests.map(({ n, kind }) => (kind?.request(n) ?? '').replace('host: x', `host: x\r\nx-request-id: request-${n}`)).join(''),
    )
    const text = await connection.until((text) => responsesOf(text).length === requests.length)
    expect(responsesOf(text).map((response) => [response.header('x-request-id'), response.status])).toEqual(
      requests.map(({ n, kind }) => [`request-${n}`, kind?.status]),
    )
    // Each answer is to its own question: the simulator's text comes from the prompt.
    for (const [n, response] of responsesOf(text).entries()) {
      if (n % kinds.length > 1) continue
      const direct = await exchangeRaw(gateway.url, post(bodyOf(`number ${n}`)))
      expect(JSON.parse(response.body).choices).toEqual(JSON.parse(direct.body).choices)
    }
    expect(posts().length).toBeGreaterThan(48)
  })

  it('go on after a refused one on the same connection', async () => {
    const { gateway } = await startPair()
    const connection = openRaw(gateway.url)
    for (const [index, request] of [post('['), post(bodyOf('x', { model: 'nobody' })), post(bodyOf('x'))].entries()) {
      connection.send(request)
      await connection.until((text) => responsesOf(text).length === index + 1)
    }
    const text = await connection.until((text) => responsesOf(text).length === 3)
    expect(responsesOf(text).map(({ status }) => status)).toEqual([400, 404, 200])
  })
})

/** Names that came with the answer to an ordinary request; an injected header would be another one. */
async function usualHeaders(url: string): Promise<Set<string>> {
  const { headers } = await exchangeRaw(url, post(bodyOf('x')))
  return new Set(headers.map(([name]) => name))
}

describe('a request’s id', () => {
  it.each([
    ['blanks', 'a b'],
    ['quotes', '"a"'],
    ['a tab', 'a\tx-evil: 1'],
    ['characters beyond ASCII', 'n\u00e4me'],
    ['bytes of UTF-8', Buffer.from('\u010a\u010dx-evil: 1').toString('latin1')],
    ['an encoded line break', 'a%0d%0ax-evil:%201'],
    ['other signs', 'a~b|c'],
    ['a comma', 'a,b'],
    ['nothing', ''],
    ['129 letters', 'a'.repeat(129)],
    ['10,000 letters', 'a'.repeat(10_000)],
    ['markup', '<script>'],
  ])('with %s is not taken over', async (_what, id) => {
    const { gateway } = await startPair()
    const usual = await usualHeaders(gateway.url)
    const response = await exchangeRaw(gateway.url, post(bodyOf('x'), [`x-request-id: ${id}`]))
    expect(response.status).toBe(200)
    expect(response.header('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(response.headers.map(([name]) => name).filter((name) => !usual.has(name))).toEqual([])
    await gateway.settled(2)
    expect(gateway.records[1]?.id).toBe(response.header('x-request-id'))
    if (id !== '') expect(gateway.logged()).not.toContain(id)
  })

  it('in two headers is not taken over', async () => {
    const { gateway } = await startPair()
    const response = await exchangeRaw(gateway.url, post(bodyOf('x'), ['x-request-id: one', 'x-request-id: two']))
    expect([200, 400]).toContain(response.status)
    expect(response.header('x-request-id')).not.toMatch(/one|two/)
  })

  it('that is clean stands in the answer, in errors too', async () => {
    const { gateway } = await startPair()
    for (const request of [post(bodyOf('x'), ['x-request-id: Mine_1.2:3-4']), post('[', ['x-request-id: Mine_1.2:3-4'])]) {
      expect((await exchangeRaw(gateway.url, request)).header('x-request-id')).toBe('Mine_1.2:3-4')
    }
  })
})

describe('a model’s name', () => {
  // U+010A and U+010D lose their upper byte in latin1 and become LF and CR.
  const evil = 'm\u010d\u010ax-evil:1'

  it('with characters that latin1 would turn into a line break adds no header', async () => {
    const { gateway, simulator } = await startPair({ simulator: { models: [evil] }, backend: { models: [{ name: evil, as: 'tame' }] } })
    const response = await exchangeRaw(gateway.url, post(bodyOf('x', { model: 'tame' })))
    expect(response.status).toBe(200)
    expect(decodeURI(response.header('x-jairouter-model') ?? '')).toBe(evil)
    expect(response.header('x-evil')).toBeUndefined()
    expect(simulator.seen.at(-1)?.headers).not.toHaveProperty('x-evil')
  })

  it.each(['m\r\nx-evil: 1', 'm\nx-evil: 1', 'm\u0000', 'm\u0085x', evil, 'm\u2028x', '\ud800'])(
    'that nobody has adds none, either: %j',
    async (model) => {
      const { gateway } = await startPair()
      const usual = await usualHeaders(gateway.url)
      const response = await exchangeRaw(gateway.url, post(bodyOf('x', { model })))
      expect([400, 404]).toContain(response.status)
      errorBodyOf(response.body)
      expect(response.headers.map(([name]) => name).filter((name) => !usual.has(name) && name !== 'connection')).toEqual([])
    },
  )

  it('and other texts of a request never break a line of the log', async () => {
    const { gateway } = await startPair()
    const texts = ['m\r\n{"level":30,"forged":true}', 'm\u001b[31m', 'm\u2028"']
    for (const text of texts) {
      await exchangeRaw(gateway.url, post(bodyOf(text, { model: text, user: text })))
      await exchangeRaw(gateway.url, post(bodyOf(text, { user: text }), [`user-agent: ${encodeURI(text)}`]))
    }
    await gateway.settled(2 * texts.length)
    for (const line of gateway.logged().trimEnd().split('\n')) {
      expect(JSON.parse(line)).not.toHaveProperty('forged')
      expect(line).not.toContain('\u001b')
    }
  })
})
