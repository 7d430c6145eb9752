import fc from 'fast-check'
import type OpenAI from 'openai'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { formOf, noise } from '../support/multipart.ts'
import { startScripted } from '../support/scripted-server.ts'
import { dataOf } from '../support/sse-data.ts'
import { clientOf, collect, startPair, startRelayed } from '../support/start-pair.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const CHAT = JSON.stringify({ model: 'm', messages, stream: true })

function relayTo(url: string) {
  return startRelayed({ backends: [{ id: 'one', type: 'openai-compatible', url, models: ['m'], health: { enabled: false } }] })
}

const chunk = (content: string, finish: string | null = null) =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })
const text = (content: string, finish: string | null = null) =>
  JSON.stringify({ id: 'c', choices: [{ index: 0, text: content, finish_reason: finish }] })

const form = formOf([['model', 'm'], ['stream', 'true'], { name: 'file', filename: 'a.wav', bytes: noise(1_000) }])
const PIECEWISE = [
  {
    endpoint: 'chat',
    path: '/v1/chat/completions',
    body: CHAT,
    type: 'text/event-stream',
    pieces: [`data: ${chunk('one')}\n\n`, `data: ${chunk('two')}\n\n`, `data: ${chunk('', 'stop')}\n\ndata: [DONE]\n\n`],
  },
  {
    endpoint: 'completion',
    path: '/v1/completions',
    body: JSON.stringify({ model: 'm', prompt: 'x', stream: true }),
    type: 'text/event-stream',
    pieces: [`data: ${text('one')}\n\n`, `data: ${text('two', 'stop')}\n\n`, 'data: [DONE]\n\n'],
  },
  {
    endpoint: 'speech',
    path: '/v1/audio/speech',
    body: JSON.stringify({ model: 'm', voice: 'a', input: 'x' }),
    type: 'audio/mpeg',
    pieces: ['ID3', 'some sound', 'more sound'],
  },
  {
    endpoint: 'transcription',
    path: '/v1/audio/transcriptions',
    body: form.body,
    contentType: form.contentType,
    type: 'text/event-stream',
    pieces: ['data: {"type":"transcript.text.delta","delta":"one"}\n\n', 'data: {"type":"transcript.text.done","text":"one"}\n\n'],
  },
  {
    endpoint: 'image',
    path: '/v1/images/generations',
    body: JSON.stringify({ model: 'm', prompt: 'x', stream: true }),
    type: 'text/event-stream',
    pieces: [
      'data: {"type":"image_generation.partial_image","b64_json":"AA"}\n\n',
      'data: {"type":"image_generation.completed","b64_json":"AA"}\n\n',
    ],
  },
]

describe('each piece of an answer', () => {
  it.each(PIECEWISE)('reaches the client before the backend sends the next one: $endpoint', async (test) => {
    let received = () => {}
    const backend = await startScripted(async (_request, response) => {
      response.writeHead(200, { 'content-type': test.type })
      for (const piece of test.pieces) {
        const receipt = new Promise<void>((resolve) => {
          received = resolve
        })
        response.write(piece)
        await receipt
      }
      response.end()
    })
    const { post } = await relayTo(backend.url)
    const response = await post(test.path, test.body, { 'content-type': test.contentType ?? 'application/json' })
    let all = ''
    let awaited = 0
    for await (const bytes of response.body ?? []) {
      all += Buffer.from(bytes).toString()
      // The backend waits for this: had the gateway held the piece back, both would wait for ever.
      while (awaited < test.pieces.length && all.includes(test.pieces.slice(0, awaited + 1).join(''))) {
        awaited += 1
        received()
      }
    }
    expect(all).toBe(test.pieces.join(''))
  })
})

/** The events as data, framed in the ways of 21.9. */
const EVENTS = [chunk('路由 naïve'), chunk(' 🙂 two'), '{"id":"c","note":"no choices"}', chunk('', 'stop'), '[DONE]']
const FRAMINGS = {
  LF: EVENTS.map((data) => `data: ${data}\n\n`).join(''),
  CRLF: EVENTS.map((data) => `data: ${data}\r\n\r\n`).join(''),
  CR: `${EVENTS.map((data) => `data: ${data}\r\r`).join('')}\r`,
  'no space': EVENTS.map((data) => `data:${data}\n\n`).join(''),
  'comments, names, ids, a mark': `\ufeff: hello\n\n${EVENTS.map((data, index) => `: ping\nevent: chunk\nid: ${index}\ndata: ${data}\n\n\n`).join('')}`,
  'several data lines': EVENTS.map((data) => `data: ${data.replace(/^\{/, '{\ndata: ')}\n\n`).join(''),
  'more after the end': `${EVENTS.map((data) => `data: ${data}\r\n\r\n`).join('')}data: ${chunk('late')}\r\n\r\n`,
  'an error': [chunk('one'), '{"error":{"message":"engine died"}}'].map((data) => `data: ${data}\n\n`).join(''),
  'a cut': `data: ${chunk('one')}\r\n\r\ndata: ${chunk('two').slice(0, 20)}`,
  'no end of its own': [chunk('one'), chunk('', 'stop')].map((data) => `data: ${data}\r\n\r\n`).join(''),
}

/** What the client gets when the backend sends `body` in one HTTP chunk for each piece between the cuts. */
async function relayedPieces() {
  let body: Buffer = Buffer.alloc(0)
  let cuts: readonly number[] = []
  const backend = await startScripted(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const ends = [...cuts, body.length]
    let start = 0
    for (const end of ends) {
      if (end > start) response.write(body.subarray(start, end))
      start = Math.max(start, end)
      await turn()
    }
    response.end()
  })
  const { post } = await relayTo(backend.url)
  return async (bytes: Buffer, cutsAt: readonly number[]) => {
    body = bytes
    cuts = cutsAt.toSorted((left, right) => left - right)
    const response = await post('/v1/chat/completions', CHAT)
    return `${response.status} ${await response.text()}`
  }
}

describe.each(Object.entries(FRAMINGS))('a stream framed with %s', (_name, framed) => {
  const bytes = Buffer.from(framed)

  it('comes out the same wherever its bytes are cut', async () => {
    const relayed = await relayedPieces()
    const whole = await relayed(bytes, [])
    const offset = fc.nat({ max: bytes.length })
    await fc.assert(
      fc.asyncProperty(fc.array(offset, { minLength: 1, maxLength: 12 }), async (cuts) => {
        expect(await relayed(bytes, cuts)).toBe(whole)
      }),
      { numRuns: 40 },
    )
  })

  it('comes out the same cut at each byte in turn', async () => {
    const relayed = await relayedPieces()
    const whole = await relayed(bytes, [])
    const others = new Set<string>()
    for (let cut = 1; cut < bytes.length; cut += 1) others.add(await relayed(bytes, [cut]))
    expect([...others]).toEqual([whole])
  })
})

describe('a whole stream', () => {
  it.each(['LF', 'CRLF', 'CR', 'no space', 'comments, names, ids, a mark', 'several data lines', 'more after the end'] as const)(
    'framed with %s is what the SDK reads',
    async (name) => {
      const relayed = await relayedPieces()
      const out = (await relayed(Buffer.from(FRAMINGS[name]), [7, 30, 111])).replace(/^200 /, '')
      expect(out).not.toContain('\r')
      expect(dataOf(out).map((data) => (data === '[DONE]' ? data : JSON.parse(data).choices[0].delta.content))).toEqual([
        '路由 naïve',
        ' 🙂 two',
        '',
        '[DONE]',
      ])
    },
  )

  it.each([
    'crlf',
    'cr',
    'no-space',
    'multi-line-data',
    'comments',
    'stray-fields',
    'stream-bom',
    'split-bytes',
    'close-delimited',
    'no-done',
  ] as const)('with the fault %s gives the SDK’s helper the same answer as without', async (name) => {
    const { client, simulator, direct } = await startPair()
    const ask = (openai: OpenAI) =>
      openai.chat.completions.stream({ model: 'sim-chat', messages, max_completion_tokens: 4 }).finalChatCompletion()
    const expected = await ask(direct)
    simulator.setFault('sim-chat', { name })
    const { choices } = await ask(client)
    expect(choices).toEqual(expected.choices)
  })
})

describe('completions without [DONE], as Xinference streams them', () => {
  const stream = (...finish: readonly (string | null)[]) =>
    finish.map((reason, index) => `data: ${text(`part ${index}`, reason)}\r\n\r\n`).join('')

  async function ask(body: string, more: object = {}) {
    const backend = await startScripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(body)
    })
    const { post, gateway } = await relayTo(backend.url)
    const response = await post('/v1/completions', JSON.stringify({ model: 'm', prompt: 'x', stream: true, ...more }))
    return { events: dataOf(await response.text()), gateway }
  }

  it('are complete with their finish_reason, and get a [DONE]', async () => {
    const { events, gateway } = await ask(`${stream(null, 'stop')}: ping - 2026\r\n\r\n`)
    expect(events.map((data) => (data === '[DONE]' ? data : JSON.parse(data).choices[0].finish_reason))).toEqual([null, 'stop', '[DONE]'])
    const chunks = await collect(await clientOf(gateway.url).completions.create({ model: 'm', prompt: 'x', stream: true }))
    expect(chunks.map(({ choices }) => choices[0]?.text)).toEqual(['part 0', 'part 1'])
  })

  it('are broken without one', async () => {
    const { events, gateway } = await ask(stream(null, null))
    expect(events.at(-1)).toContain('"code":"stream_interrupted"')
    expect(events).not.toContain('[DONE]')
    const chunks = clientOf(gateway.url).completions.create({ model: 'm', prompt: 'x', stream: true })
    await expect(chunks.then(collect)).rejects.toMatchObject({ code: 'stream_interrupted' })
  })

  it('are broken while one of several choices has not finished', async () => {
    const { events } = await ask(stream(null, 'stop'), { n: 2 })
    expect(events.at(-1)).toContain('"code":"stream_interrupted"')
    expect(events).not.toContain('[DONE]')
  })

  it.each(['error', 'abort'])('are broken by the finish_reason "%s"', async (reason) => {
    const { events } = await ask(`${stream(null, reason)}data: [DONE]\n\n`)
    expect(events.at(-1)).toContain('"code":"stream_interrupted"')
    expect(events).not.toContain('[DONE]')
  })
})

describe('a stream that is not one of events', () => {
  it('of newline-delimited JSON is refused before a byte of it', async () => {
    const backend = await startScripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.end('{"message":{"content":"x"},"done":false}\n')
    })
    const { post } = await relayTo(backend.url)
    const response = await post('/v1/chat/completions', CHAT)
    expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'upstream_protocol_error' } }])
  })
})
