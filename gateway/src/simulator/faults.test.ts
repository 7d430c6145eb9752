import { connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createInflateRaw, gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFaultSwitch } from './fault-switch.ts'
import { FaultSyntaxError } from './faults/fault-kind.ts'
import { parseFault } from './faults/fault.ts'
import { FAULT_NAMES, type FaultName } from './faults/table.ts'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
const sockets = new Set<Socket>()

beforeAll(async () => {
  simulator = await startSimulator()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  simulator.reset()
  await simulator.waitFor((current) => current.inFlight() === 0 && current.connections() === 0)
})
afterAll(() => simulator.close())

type Ask = 'plain' | 'stream' | 'prefill' | 'usage' | 'embedding' | 'rerank' | 'texts' | 'transcription'

const messages = [{ role: 'user', content: 'Say something' }]
const QUESTIONS: Readonly<Record<Exclude<Ask, 'transcription'>, { path: string; model: string; body: object }>> = {
  plain: { path: '/v1/chat/completions', model: 'sim-chat', body: { messages } },
  stream: { path: '/v1/chat/completions', model: 'sim-chat', body: { messages, stream: true } },
  usage: { path: '/v1/chat/completions', model: 'sim-chat', body: { messages, stream: true, stream_options: { include_usage: true } } },
  prefill: { path: '/v1/chat/completions', model: 'sim-chat', body: { messages: [...messages, { role: 'assistant', content: 'So' }] } },
  embedding: { path: '/v1/embeddings', model: 'sim-embedding', body: { input: 'a', encoding_format: 'base64' } },
  rerank: { path: '/v1/rerank', model: 'sim-rerank', body: { query: 'red', documents: ['blue', 'red', 'green'] } },
  texts: { path: '/rerank', model: 'sim-rerank', body: { query: 'red', texts: ['blue', 'red'], return_text: true } },
}

/** The bytes of a request; the fault stands in the model's name. */
function question(ask: Ask, fault: string, headers: readonly string[] = []): Buffer {
  const suffix = fault === '' ? '' : `!${fault}`
  const form = ask === 'transcription'
  const path = form ? '/v1/audio/transcriptions' : QUESTIONS[ask].path
  const type = form ? 'multipart/form-data; boundary=b' : 'application/json'
  const body = form
    ? `${part('model', `sim-stt${suffix}`)}${part('response_format', 'srt')}${part('file"; filename="a.wav', 'sound')}--b--\r\n`
    : JSON.stringify({ model: `${QUESTIONS[ask].model}${suffix}`, ...QUESTIONS[ask].body })
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function part(name: string, value: string): string {
  return `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
}

interface Received {
  readonly bytes: Buffer
  readonly ending: 'fin' | 'reset' | 'open'
}

/** Sends a request and reads until the connection ends, or until `enough` of a connection that stays open. */
function receive(request: Buffer, enough: (text: string) => boolean = () => false): Promise<Received> {
  return new Promise((resolve) => {
    const socket = connect(simulator.port, '127.0.0.1', () => socket.write(request))
    sockets.add(socket)
    const chunks: Buffer[] = []
    const settle = (ending: Received['ending']) => resolve({ bytes: Buffer.concat(chunks), ending })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (enough(Buffer.concat(chunks).toString('latin1'))) settle('open')
    })
    socket.on('end', () => settle('fin'))
    socket.on('error', () => settle('reset'))
  })
}

interface Answer {
  readonly status: string
  readonly headers: ReadonlyMap<string, string>
  readonly raw: Buffer
  /** Without chunk framing; what stands in a cut chunk belongs to it. */
  readonly body: Buffer
  readonly chunks: readonly Buffer[]
  /** The empty chunk that ends a chunked body has come. */
  readonly lastChunk: boolean
}

function parse(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const raw = bytes.subarray(end + 4)
  const chunked = headers.get('transfer-encoding') === 'chunked'
  const { chunks, lastChunk } = chunked ? dechunk(raw) : { chunks: [raw], lastChunk: false }
  return { status: statusLine.split(' ')[1] ?? '', headers, raw, body: Buffer.concat(chunks), chunks, lastChunk }
}

function dechunk(raw: Buffer): { chunks: Buffer[]; lastChunk: boolean } {
  const chunks: Buffer[] = []
  for (let at = 0; at < raw.length;) {
    const lineEnd = raw.indexOf('\r\n', at)
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16)
    if (size === 0) return { chunks, lastChunk: true }
    chunks.push(raw.subarray(lineEnd + 2, Math.min(lineEnd + 2 + size, raw.length)))
    at = lineEnd + 2 + size + 2
  }
  return { chunks, lastChunk: false }
}

/** The payloads of a stream that is framed the usual way. */
function events(body: Buffer): string[] {
  return body
    .toString('utf8')
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => frame.slice('data: '.length))
}

function json(body: Buffer | string | undefined): unknown {
  return JSON.parse(String(body))
}

interface Case {
  /** What follows the fault's name. */
  readonly with?: string
  readonly ask?: Ask
  /** Ends the reading while the connection is open. Without it the request says `connection: close`. */
  readonly enough?: (text: string, clean: Answer) => boolean
  readonly check: (answer: Answer, clean: Answer, received: Received) => void
}

const wholeHead = (text: string) => text.includes('\r\n\r\n')
const nothing = (ending: Received['ending']): Case => ({
  check: (_, __, received) => expect([received.ending, received.bytes.length]).toEqual([ending, 0]),
})
/** The answer is the usual one; what differs is how it was brought. */
function same(answer: Answer, clean: Answer): void {
  expect(answer.body.toString('utf8')).toBe(clean.body.toString('utf8'))
}
function refusal(status: number, code: string | null): Case {
  return {
    check: (answer) => {
      expect(json(answer.body)).toEqual({ error: { message: expect.any(String), type: expect.any(String), param: null, code } })
      expect(answer.status).toBe(String(status))
    },
  }
}
function streamed(check: (list: readonly string[], clean: readonly string[], answer: Answer) => void): Case {
  return { ask: 'stream', check: (answer, clean) => check(events(answer.body), events(clean.body), answer) }
}
const restored = (restore: (text: string) => string): Case => ({
  ask: 'stream',
  check: (answer, clean) => {
    expect(answer.body.equals(clean.body)).toBe(false)
    expect(restore(answer.body.toString('utf8'))).toBe(clean.body.toString('utf8'))
  },
})

const CASES: Readonly<Record<FaultName, readonly Case[]>> = {
  'reset-on-accept': [nothing('reset')],
  'close-on-accept': [nothing('fin')],
  'reset-before-headers': [nothing('reset'), { with: 'after=1', ...nothing('reset') }],
  'close-before-headers': [nothing('fin')],
  hang: [],
  slow: [{ with: 'after=1', check: same }],
  'keep-alive-race': [
    {
      enough: () => false,
      check: (answer, clean, received) => {
        same(answer, clean)
        expect([answer.headers.get('connection'), received.ending]).toEqual(['keep-alive', 'fin'])
      },
    },
    { with: 'end=reset;after=1', enough: () => false, check: (_, __, received) => expect(received.ending).toBe('reset') },
  ],
  'half-status-line': [
    { enough: (text) => text.length === 11, check: (_, __, { bytes }) => expect(bytes.toString()).toBe('HTTP/1.1 20') },
    { with: 'at=3;end=fin', check: (_, __, { bytes, ending }) => expect([bytes.toString(), ending]).toEqual(['HTT', 'fin']) },
  ],
  'half-headers': [
    {
      check: (_, __, { bytes, ending }) => {
        expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]+/)
        expect([wholeHead(bytes.toString()), ending]).toEqual([false, 'reset'])
      },
    },
    { with: 'end=fin', check: (_, __, { ending }) => expect(ending).toBe('fin') },
  ],
  'headers-only': [
    {
      enough: wholeHead,
      check: (answer) => expect([answer.raw.length, answer.headers.get('content-length')]).toEqual([0, expect.stringMatching(/^\d+$/)]),
    },
  ],
  'slow-first-event': [
    { with: 'after=1', ask: 'stream', check: same },
    { with: 'after=1', check: same },
  ],
  'slow-headers': [{ with: 'after=0', check: same }],
  'slow-body': [{ with: 'after=0', check: same }],
  'short-body': [
    {
      with: 'at=10',
      check: (answer, clean, { ending }) =>
        expect([answer.headers.get('content-length'), answer.raw.length, ending]).toEqual([String(clean.body.length), 10, 'fin']),
    },
    { with: 'end=reset', ask: 'stream', check: (_, __, { ending }) => expect(ending).toBe('reset') },
  ],
  'missing-last-chunk': [
    {
      ask: 'stream',
      check: (answer, clean, { ending }) => {
        same(answer, clean)
        expect([answer.lastChunk, ending]).toEqual([false, 'fin'])
      },
    },
  ],
  'cut-chunk': [
    {
      with: 'at=2',
      ask: 'stream',
      check: (answer, clean, { ending }) => {
        expect(answer.chunks.slice(0, 2)).toEqual(clean.chunks.slice(0, 2))
        expect(clean.chunks[2]?.subarray(0, answer.chunks[2]?.length)).toEqual(answer.chunks[2])
        expect([answer.chunks.length, (answer.chunks[2]?.length ?? 0) < (clean.chunks[2]?.length ?? 0), ending]).toEqual([3, true, 'fin'])
      },
    },
    { with: 'at=7;end=reset', check: (answer, _, { ending }) => expect([answer.body.length, ending]).toEqual([7, 'reset']) },
  ],
  'reset-mid-stream': [
    {
      with: 'at=4',
      ask: 'stream',
      check: (answer, clean, { ending }) => expect([answer.chunks, ending]).toEqual([clean.chunks.slice(0, 4), 'reset']),
    },
    { with: 'at=5', check: (answer, _, { ending }) => expect([answer.body.length, answer.lastChunk, ending]).toEqual([5, false, 'reset']) },
  ],
  'fin-mid-stream': [
    {
      ask: 'stream',
      check: (answer, clean, { ending }) =>
        expect([answer.chunks, answer.lastChunk, ending]).toEqual([clean.chunks.slice(0, 3), false, 'fin']),
    },
  ],
  'close-delimited-cut': [
    {
      ask: 'stream',
      check: (answer, clean, { ending }) => {
        expect([answer.headers.has('transfer-encoding'), answer.headers.has('content-length'), ending]).toEqual([false, false, 'fin'])
        expect(answer.raw).toEqual(Buffer.concat(clean.chunks.slice(0, 3)))
      },
    },
  ],
  'close-delimited': [
    {
      ask: 'stream',
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.headers.has('transfer-encoding')).toBe(false)
      },
    },
  ],
  stall: [
    {
      with: 'at=2',
      ask: 'stream',
      enough: (text) => parse(Buffer.from(text, 'latin1')).chunks.length === 2 && text.endsWith('\r\n'),
      check: (answer, clean) => expect(answer.chunks).toEqual(clean.chunks.slice(0, 2)),
    },
  ],
  'stall-with-comments': [
    {
      with: 'after=1',
      ask: 'stream',
      enough: (text) => text.split(': ping').length > 4,
      check: (answer, clean) =>
        expect(answer.chunks.map(String).slice(0, 5)).toEqual([...clean.chunks.slice(0, 3).map(String), ': ping\n\n', ': ping\n\n']),
    },
  ],
  'slow-events': [{ with: 'after=1', ask: 'stream', check: same }],
  'no-done': [streamed((list, clean) => expect(list).toEqual(clean.slice(0, -1)))],
  'no-finish': [streamed((list, clean) => expect(list).toEqual(clean.slice(0, -2)))],
  'no-finish-reason': [streamed((list, clean) => expect(list).toEqual([...clean.slice(0, -2), '[DONE]']))],
  'done-with-spaces': [streamed((list) => expect(list.at(-1)).toBe('[DONE]  '))],
  'events-after-done': [streamed((list, clean) => expect(list).toEqual([...clean, clean[0]]))],
  'no-final-blank': [restored((text) => `${text}\n\n`)],
  crlf: [restored((text) => text.replaceAll('\r\n', '\n'))],
  cr: [restored((text) => text.replaceAll('\r', '\n'))],
  'no-space': [restored((text) => text.replaceAll('data:', 'data: '))],
  'multi-line-data': [restored((text) => text.replaceAll('{\ndata: ', '{'))],
  comments: [restored((text) => text.replaceAll(': keep-alive\n\n\n', ''))],
  'stray-fields': [restored((text) => text.replaceAll('id: 7\n\nretry: 3000\n\nevent: ping\n\n', ''))],
  'stream-bom': [restored((text) => text.replace(/^\uFEFF/u, ''))],
  'split-bytes': [
    {
      ask: 'stream',
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.chunks.every((chunk) => chunk.length === 1)).toBe(true)
      },
    },
  ],
  split: [
    {
      with: 'at=9',
      ask: 'stream',
      check: (answer, clean) => expect(answer.chunks).toEqual([clean.body.subarray(0, 9), clean.body.subarray(9)]),
    },
    { with: 'at=0;after=1', check: same },
  ],
  'one-write': [{ ask: 'stream', check: (answer, clean) => expect(answer.chunks).toEqual([clean.body]) }],
  garbage: [
    {
      with: 'bytes=99',
      check: (_, __, { bytes, ending }) => expect([bytes.length, bytes.includes('HTTP'), ending]).toEqual([99, false, 'fin']),
    },
  ],
  'http-0.9': [{ check: (_, clean, { bytes }) => expect(bytes).toEqual(clean.body) }],
  html: [
    {
      ask: 'stream',
      check: (answer) =>
        expect([answer.status, answer.headers.get('content-type'), String(answer.body).slice(0, 9)]).toEqual([
          '200',
          'text/html',
          '<!DOCTYPE',
        ]),
    },
  ],
  bom: [{ check: (answer, clean) => expect([answer.body.toString('hex', 0, 3), answer.body.subarray(3)]).toEqual(['efbbbf', clean.body]) }],
  'leading-blanks': [{ with: 'count=3', check: (answer, clean) => expect(String(answer.body)).toBe(`\n\n\n${String(clean.body)}`) }],
  'broken-json': [
    {
      check: (answer) => {
        expect(answer.headers.get('content-length')).toBe(String(answer.raw.length))
        expect(() => json(answer.body)).toThrow(SyntaxError)
      },
    },
    streamed((list, clean) => {
      expect(() => json(list[2])).toThrow(SyntaxError)
      expect(list.toSpliced(2, 1)).toEqual(clean.toSpliced(2, 1))
    }),
  ],
  'invalid-utf8': [
    { check: (answer) => expect(() => new TextDecoder('utf8', { fatal: true }).decode(answer.body)).toThrow(TypeError) },
    {
      with: 'at=1',
      ask: 'stream',
      check: (answer, clean) => {
        expect([answer.chunks[0], ...answer.chunks.slice(2)]).toEqual([clean.chunks[0], ...clean.chunks.slice(2)])
        expect(answer.chunks[1]?.includes(Buffer.from([0xc3, 0x28]))).toBe(true)
      },
    },
  ],
  'empty-body': [
    { check: (answer) => expect([answer.status, answer.headers.get('content-length'), answer.raw.length]).toEqual(['200', '0', 0]) },
  ],
  'wrong-content-type': [
    {
      with: 'type=text%2Fcsv',
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.headers.get('content-type')).toBe('text/csv')
      },
    },
  ],
  'json-for-stream': [
    {
      ask: 'usage',
      check: (answer) =>
        expect([answer.headers.get('content-type'), json(answer.body)]).toMatchObject(['application/json', { object: 'chat.completion' }]),
    },
  ],
  'huge-headers': [
    {
      check: (answer, clean, { bytes }) => {
        same(answer, clean)
        expect(bytes.indexOf('\r\n\r\n')).toBeGreaterThanOrEqual(20_480)
      },
    },
  ],
  'many-headers': [{ with: 'count=300', check: (answer) => expect(answer.headers.size).toBeGreaterThanOrEqual(300) }],
  'duplicate-content-length': [
    {
      check: (_, clean, { bytes }) => {
        const lengths = bytes.toString('latin1').match(/^content-length: \d+/gm)
        expect(lengths).toEqual([`content-length: ${clean.body.length + 5}`, `content-length: ${clean.body.length}`])
      },
    },
  ],
  'bad-content-length': [{ check: (answer) => expect(answer.headers.get('content-length')).toBe('12abc') }],
  'length-and-chunked': [
    {
      check: (answer, clean) => {
        same(answer, clean)
        expect([answer.headers.get('content-length'), answer.headers.get('transfer-encoding')]).toEqual([
          String(clean.body.length),
          'chunked',
        ])
      },
    },
  ],
  'bad-chunk-size': [{ check: (answer) => expect(answer.raw.toString('latin1', 0, 4)).toBe('zz\r\n') }],
  'bare-cr': [{ check: (_, __, { bytes }) => expect(bytes.toString('latin1')).toMatch(/\r\nx-bare: one\rx-smuggled: two\r\n/) }],
  'informational-flood': [
    {
      with: 'count=50',
      check: (_, clean, { bytes }) => {
        const text = bytes.toString('latin1')
        expect(text.match(/HTTP\/1\.1 103 Early Hints\r\n/g)).toHaveLength(50)
        same(parse(bytes.subarray(text.indexOf('HTTP/1.1 200'))), clean)
      },
    },
  ],
  'switching-protocols': [
    { enough: wholeHead, check: (answer) => expect([answer.status, answer.headers.get('upgrade')]).toEqual(['101', 'websocket']) },
  ],
  'odd-status': [
    {
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.status).toBe('099')
      },
    },
    { with: 'status=999', check: (answer) => expect(answer.status).toBe('999') },
  ],
  'no-content-with-body': [
    {
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.status).toBe('204')
      },
    },
  ],
  poison: [
    {
      enough: (text) => text.endsWith('{"foreign":true}'),
      check: (answer, clean) => {
        const length = Number(answer.headers.get('content-length'))
        expect(answer.raw.subarray(0, length)).toEqual(clean.body)
        expect(answer.raw.toString('latin1', length)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\{"foreign":true\}$/)
      },
    },
    {
      with: 'after=1',
      enough: (text) => text.endsWith('{"foreign":true}'),
      check: (answer, clean) => expect(answer.raw.subarray(0, clean.body.length)).toEqual(clean.body),
    },
  ],
  gzip: [
    { check: (answer, clean) => expect([answer.headers.get('content-encoding'), gunzipSync(answer.body)]).toEqual(['gzip', clean.body]) },
  ],
  'gzip-label': [
    {
      check: (answer, clean) => {
        same(answer, clean)
        expect(answer.headers.get('content-encoding')).toBe('gzip')
      },
    },
  ],
  'truncated-gzip': [
    { check: (answer) => expect(() => gunzipSync(answer.body)).toThrow('unexpected end of file') },
    { with: 'end=fin', check: (answer) => expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(answer.raw.length) },
  ],
  'gzip-bomb': [],
  'gzip-chain': [
    {
      check: (answer, clean) => {
        const layers = answer.headers.get('content-encoding')?.split(', ') ?? []
        expect(layers).toEqual(Array.from({ length: 6 }, () => 'gzip'))
        expect(layers.reduce((bytes) => gunzipSync(bytes), answer.body)).toEqual(clean.body)
      },
    },
  ],
  'huge-json': [
    {
      with: 'bytes=300000',
      check: (answer) => expect(json(answer.body)).toMatchObject({ choices: [{ message: { content: 'a'.repeat(300_000) } }] }),
    },
  ],
  'huge-event': [
    {
      with: 'bytes=300000',
      ...streamed((list, clean) =>
        expect([list[0]?.length, list.slice(1)]).toEqual([expect.toSatisfy((length) => length > 300_000), clean]),
      ),
    },
  ],
  'endless-event': [
    {
      with: 'bytes=300000',
      ask: 'stream',
      check: (answer) => expect([answer.body.length, answer.body.includes('\n'), answer.lastChunk]).toEqual([300_006, false, true]),
    },
  ],
  'endless-lines': [
    {
      with: 'bytes=300000',
      ask: 'stream',
      check: (answer) =>
        expect([answer.body.length >= 300_000, String(answer.body).startsWith('data: a\ndata: a\n'), answer.body.includes('\n\n')]).toEqual(
          [true, true, false],
        ),
    },
  ],
  'endless-stream': [
    {
      with: 'bytes=300000',
      ...streamed((list, _, answer) => {
        expect(answer.body.length).toBeGreaterThanOrEqual(300_000)
        expect(json(list.at(-1))).toMatchObject({ choices: [{ delta: { content: 'a' } }] })
      }),
    },
  ],
  status: [
    refusal(500, null),
    {
      with: 'status=418;body=tea;retryAfter=-7',
      check: (answer) => expect([answer.status, String(answer.body), answer.headers.get('retry-after')]).toEqual(['418', 'tea', '-7']),
    },
    {
      with: 'status=503;body=%7B%22a%22:1%7D',
      check: (answer) => expect([json(answer.body), answer.headers.get('content-type')]).toEqual([{ a: 1 }, 'application/json']),
    },
    { with: 'status=304', check: (answer) => expect([answer.status, answer.raw.length > 0]).toEqual(['304', true]) },
    ...(
      [
        ['string', { error: expect.any(String) }],
        ['flat', { object: 'error', message: expect.any(String) }],
        ['detail', { detail: expect.any(String) }],
        ['detail-list', { detail: [{ msg: expect.any(String) }] }],
        ['message', { message: expect.any(String) }],
        ['number', { error: { code: 500 } }],
        ['array', [{ error: { code: 500 } }]],
        ['typed', { error: expect.any(String), error_type: 'server_error' }],
        ['data', { code: 20_012, data: null }],
      ] as const
    ).map(([shape, expected]): Case => ({ with: `shape=${shape}`, check: (answer) => expect(json(answer.body)).toMatchObject(expected) })),
    { with: 'shape=json', check: (answer) => expect(json(answer.body)).toEqual(expect.any(String)) },
    { with: 'shape=html', check: (answer) => expect(answer.headers.get('content-type')).toBe('text/html') },
    { with: 'shape=text', check: (answer) => expect(answer.headers.get('content-type')).toBe('text/plain') },
    {
      with: 'shape=round',
      check: (answer) => expect([answer.status, json(answer.body)]).toMatchObject(['400', { error: { code: 'unknown_fault' } }]),
    },
    { with: 'shape=empty', check: (answer) => expect([answer.status, answer.raw.length]).toEqual(['500', 0]) },
  ],
  'rate-limited': [
    refusal(429, 'rate_limit_exceeded'),
    { with: 'retryAfter=2', check: (answer) => expect(answer.headers.get('retry-after')).toBe('2') },
    { with: 'retryAfter=250ms', check: (answer) => expect(answer.headers.get('retry-after-ms')).toBe('250') },
    { with: 'retryAfter=1e9', check: (answer) => expect(answer.headers.get('retry-after')).toBe('1e9') },
    {
      with: 'retryAfter=date;after=60000',
      check: (answer) =>
        expect(Date.parse(answer.headers.get('retry-after') ?? '') - Date.parse(answer.headers.get('date') ?? '')).toBeGreaterThanOrEqual(
          59_000,
        ),
    },
    { check: (answer) => expect(answer.headers.has('retry-after')).toBe(false) },
  ],
  quota: [refusal(429, 'insufficient_quota')],
  loading: [refusal(503, null)],
  overloaded: [refusal(503, 'overloaded')],
  unauthorized: [{ check: (answer) => expect([answer.status, json(answer.body)]).toEqual(['401', { error: 'Unauthorized' }]) }],
  'payment-required': [refusal(402, 'invalid_request_error')],
  'context-length': [refusal(400, 'context_length_exceeded')],
  'content-filter': [refusal(400, 'content_filter')],
  redirect: [
    {
      check: (answer) =>
        expect([answer.status, answer.headers.get('location')]).toEqual(['302', 'http://169.254.169.254/latest/meta-data/']),
    },
    {
      with: 'status=307;location=http://127.0.0.1/x',
      check: (answer) => expect([answer.status, answer.headers.get('location')]).toEqual(['307', 'http://127.0.0.1/x']),
    },
  ],
  'error-first-event': [
    streamed((list, _, answer) =>
      expect([answer.status, list.map((data) => json(data))]).toEqual([
        '200',
        [{ error: expect.objectContaining({ code: 'engine_error' }) }],
      ]),
    ),
    { with: 'shape=string', ...streamed((list) => expect(json(list[0])).toEqual({ error: expect.any(String) })) },
    { check: (answer) => expect([answer.status, json(answer.body)]).toMatchObject(['200', { error: { code: 'engine_error' } }]) },
  ],
  'error-mid-stream': [
    {
      with: 'at=4',
      ...streamed((list, clean) =>
        expect([list.slice(0, 4), json(list[4]), list.length]).toEqual([clean.slice(0, 4), { error: expect.any(Object) }, 5]),
      ),
    },
  ],
  'error-then-done': [streamed((list) => expect([json(list[3]), ...list.slice(4)]).toEqual([{ error: expect.any(Object) }, '[DONE]']))],
  'error-field': [{ ask: 'stream', check: (answer) => expect(String(answer.chunks.at(-1))).toMatch(/^error: \{.*\}\n\n$/) }],
  'error-in-200': [
    {
      ask: 'stream',
      check: (answer) =>
        expect([answer.status, answer.headers.get('content-type'), json(answer.body)]).toMatchObject([
          '200',
          'application/json',
          { error: {} },
        ]),
    },
  ],
  'base-resp': [
    { check: (answer) => expect([answer.status, json(answer.body)]).toMatchObject(['200', { base_resp: { status_code: 1_002 } }]) },
  ],
  'usage-every-chunk': [
    streamed((list) => {
      const chunks = list.slice(0, -1).map((data) => json(data))
      expect(chunks.slice(0, 3)).toMatchObject([0, 1, 2].map((count) => ({ choices: [{ index: 0 }], usage: { completion_tokens: count } })))
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 16 } })
    }),
  ],
  'usage-on-finish': [
    {
      ask: 'usage',
      check: (answer) => {
        const list = events(answer.body)
        expect(json(list.at(-2))).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { completion_tokens: 16 } })
        expect(list.at(-1)).toBe('[DONE]')
      },
    },
  ],
  'usage-in-choice': [
    streamed((list) => expect(json(list.at(-2))).toMatchObject({ choices: [{ finish_reason: 'stop', usage: { completion_tokens: 16 } }] })),
  ],
  'usage-uninvited': [
    streamed((list, clean) => {
      expect(json(list.at(-2))).toMatchObject({ choices: [], usage: { completion_tokens: 16, tokens_per_second: 40 } })
      expect(list.toSpliced(-2, 1)).toEqual(clean)
    }),
  ],
  'no-usage': [
    { ask: 'usage', check: (answer) => expect(answer.body.includes('"usage"')).toBe(false) },
    {
      check: (answer) => expect([answer.body.includes('"usage"'), json(answer.body)]).toMatchObject([false, { object: 'chat.completion' }]),
    },
  ],
  'empty-choices-first': [
    streamed((list, clean) => expect([json(list[0]), list.slice(1)]).toEqual([expect.objectContaining({ choices: [], model: '' }), clean])),
  ],
  'embeddings-float': [
    {
      ask: 'embedding',
      check: (answer) =>
        expect(json(answer.body)).toMatchObject({ data: [{ index: 0, embedding: expect.toSatisfy((vector) => vector.length === 8) }] }),
    },
  ],
  'rerank-bare': [
    {
      ask: 'rerank',
      check: (answer) => expect(json(answer.body)).toMatchObject([{ index: 1, document: 'red', score: expect.any(Number) }, {}, {}]),
    },
  ],
  'rerank-texts': [
    {
      ask: 'texts',
      check: (answer) =>
        expect(json(answer.body)).toEqual([
          { index: 1, text: 'red', score: expect.any(Number) },
          { index: 0, text: 'blue', score: expect.any(Number) },
        ]),
    },
    { ask: 'rerank', check: (answer) => expect([answer.status, json(answer.body)]).toMatchObject(['422', { error_type: 'Validation' }]) },
  ],
  'rerank-string-documents': [
    { ask: 'rerank', check: (answer) => expect(json(answer.body)).toMatchObject({ results: [{ index: 1, document: 'red' }, {}, {}] }) },
  ],
  'rerank-unsorted': [
    { ask: 'rerank', check: (answer) => expect(json(answer.body)).toMatchObject({ results: [{ index: 0 }, { index: 1 }, { index: 2 }] }) },
  ],
  'rerank-no-documents': [
    {
      ask: 'rerank',
      check: (answer) =>
        expect([answer.body.includes('document'), json(answer.body)]).toMatchObject([false, { results: [{ index: 1 }, {}, {}] }]),
    },
  ],
  'transcription-as-json': [
    {
      ask: 'transcription',
      check: (answer, clean) => {
        same(answer, clean)
        expect([clean.headers.get('content-type'), answer.headers.get('content-type')]).toEqual([
          'text/plain; charset=utf-8',
          'application/json',
        ])
      },
    },
  ],
  reasoning: [
    { with: 'shape=reasoning', ...streamed((list) => expect(json(list[1])).toMatchObject({ choices: [{ delta: { reasoning: 'I' } }] })) },
    { check: (answer) => expect(json(answer.body)).toMatchObject({ choices: [{ message: { reasoning_content: 'I think.' } }] }) },
  ],
  'no-prefill': [
    { ask: 'plain', check: same },
    { ask: 'stream', check: same },
    { ask: 'prefill', ...refusal(400, 'prefill_not_supported') },
  ],
}

describe('every fault does on the wire what it says', () => {
  for (const name of FAULT_NAMES) {
    for (const { with: parameters, ask = 'plain', enough, check } of CASES[name]) {
      const fault = parameters === undefined ? name : `${name}:${parameters}`
      it(`${fault} (${ask})`, async () => {
        const clean = parse((await receive(question(ask, '', ['connection: close']))).bytes)
        const request = question(ask, fault, enough === undefined ? ['connection: close'] : [])
        const received = await receive(request, enough && ((text) => enough(text, clean)))
        check(parse(received.bytes), clean, received)
        if (received.ending === 'open') await staysOpen()
      })
    }
  }

  /** Somebody else is served meanwhile, and the connection in question has not ended by then. */
  async function staysOpen(): Promise<void> {
    expect((await receive(question('plain', '', ['connection: close']))).ending).toBe('fin')
    expect(simulator.connections()).toBeGreaterThanOrEqual(1)
  }

  it('hang', async () => {
    const request = receive(question('plain', 'hang'))
    await simulator.waitFor((current) => current.seen[0]?.model !== undefined)
    await staysOpen()
    expect(simulator.inFlight()).toBe(1)
    for (const socket of sockets) socket.destroy()
    await simulator.waitFor((current) => current.seen[0]?.abortedAt !== undefined)
    expect(await Promise.race([request.then(() => 'answered'), turn('silent')])).toBe('silent')
  })

  it('gzip-bomb', async () => {
    const answer = parse((await receive(question('plain', 'gzip-bomb:bytes=8000000', ['connection: close']))).bytes)
    expect([answer.headers.get('content-encoding'), answer.body.toString('hex', 0, 2)]).toEqual(['gzip', '1f8b'])
    expect(answer.body.length).toBeLessThan(80_000)
    expect(await inflatedLength(answer.body.subarray(10))).toBe(8 * 1_048_576)
  })

  it('serves a connection on after poison', async () => {
    const twice = Buffer.concat([question('plain', 'poison'), question('plain', '', ['connection: close'])])
    const { bytes } = await receive(twice)
    expect(bytes.toString('latin1').match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
  })

  it('sends a gigabyte only as fast as it is read', async () => {
    const received = await receive(question('stream', 'endless-event'), (text) => text.length > 1_000)
    expect(received.ending).toBe('open')
    for (const socket of sockets) socket.destroy()
    await simulator.waitFor((current) => current.seen[0]?.abortedAt !== undefined)
  })
})

/** What a reader that does not mind the missing end would unpack. */
function inflatedLength(bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let length = 0
    const inflate = createInflateRaw()
    inflate.on('data', (chunk: Buffer) => {
      length += chunk.length
    })
    inflate.on('error', () => resolve(length))
    inflate.end(bytes)
  })
}

describe('how a fault is chosen', () => {
  const statusOf = async (fault: string, headers: readonly string[] = []) =>
    parse((await receive(question('plain', fault, ['connection: close', ...headers]))).bytes).status

  it('takes the header before the name and both before what was set', async () => {
    simulator.setFault('sim-chat', { name: 'status', status: 501 })
    simulator.setFault('*', { name: 'status', status: 502 })
    expect(await statusOf('status:status=503', ['x-simulator-fault: status:status=504'])).toBe('504')
    expect(await statusOf('status:status=503')).toBe('503')
    expect(await statusOf('')).toBe('501')
    simulator.setFault('sim-chat', undefined)
    expect(await statusOf('')).toBe('502')
    simulator.setFault('*', undefined)
    expect(await statusOf('')).toBe('200')
  })

  it('leaves other models, paths and health checks alone, unless a path is set', async () => {
    simulator.setFault('*', { name: 'status', status: 500 })
    expect((await fetch(`${simulator.url}/health`, { headers: { connection: 'close' } })).status).toBe(200)
    simulator.setFault('/health', { name: 'loading' })
    expect((await fetch(`${simulator.url}/health`, { headers: { connection: 'close' } })).status).toBe(503)
    simulator.setFault('*', undefined)
    simulator.setFault('sim-tts', { name: 'status' })
    expect(await statusOf('')).toBe('200')
  })

  it('strikes connections before any request when set for all', async () => {
    simulator.setFault('*', { name: 'reset-on-accept', times: 1 })
    expect(await receive(Buffer.alloc(0))).toMatchObject({ ending: 'reset' })
    simulator.setFault('*', { name: 'close-on-accept', times: 1 })
    expect(await receive(Buffer.alloc(0))).toMatchObject({ ending: 'fin' })
    expect(await statusOf('')).toBe('200')
    expect(simulator.seen).toHaveLength(1)
  })

  it('hits only the first `times` requests, counted for each text', async () => {
    const statuses: string[] = []
    for (let number = 0; number < 3; number += 1) statuses.push(await statusOf('status:status=500;times=2'))
    expect([...statuses, await statusOf('status:status=501;times=2')]).toEqual(['500', '500', '200', '501'])
  })

  it('hits a share of `rate`, the same ones every time for one seed', () => {
    const hits = (seed: number, rate: number) => {
      const faults = createFaultSwitch()
      return Array.from({ length: 1_000 }, () => faults.strikes('key', { name: 'hang', rate, seed }))
    }
    const count = hits(1, 0.5).filter(Boolean).length
    expect(count).toBeGreaterThan(450)
    expect(count).toBeLessThan(550)
    expect(hits(1, 0.5)).toEqual(hits(1, 0.5))
    expect(hits(1, 0.5)).not.toEqual(hits(2, 0.5))
    expect([hits(1, 0).filter(Boolean).length, hits(1, 1).filter(Boolean).length]).toEqual([0, 1_000])
  })
})

describe('parseFault', () => {
  it('reads names, numbers, texts and percent-encoding', () => {
    expect(parseFault('hang')).toEqual({ name: 'hang' })
    expect(parseFault('half-headers: end=fin; after=20 ;times=1')).toEqual({ name: 'half-headers', end: 'fin', after: 20, times: 1 })
    expect(parseFault('status:status=503;body=%7B%22a%22%3A%22b%3B%3D%22%7D;retryAfter=100%')).toEqual({
      name: 'status',
      status: 503,
      body: '{"a":"b;="}',
      retryAfter: '100%',
    })
  })

  it.each([
    '',
    'nope',
    'toString',
    'hang:at=1',
    'stall:at=',
    'stall:at=soon',
    'stall:at=-1',
    'stall:at',
    'half-headers:end=boom',
    'hang:__proto__=1',
  ])('refuses %j', (text) => {
    expect(() => parseFault(text)).toThrow(FaultSyntaxError)
  })
})
