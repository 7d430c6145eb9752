import { describe, expect, it } from 'vitest'
import { formOf } from '../support/multipart.ts'
import { startScripted } from '../support/scripted-server.ts'
import { startRelayed } from '../support/start-pair.ts'

const form = formOf([['model', 'm'], { name: 'file', filename: 'a.wav', bytes: Buffer.from('RIFF') }])
const json = (more: object) => ({ contentType: 'application/json', body: Buffer.from(JSON.stringify({ model: 'm', ...more })) })

/** Answers as no JSON library would write them. */
const ANSWERS = [
  {
    path: '/v1/chat/completions',
    ask: json({ messages: [{ role: 'user', content: 'x' }] }),
    answer:
      '{ "choices" : [ {"index":0,"message":{"role":"assistant","content":"caf\\u00e9 \\/","reasoning_content":"hm","vendor":1.0},"finish_reason":"stop"} ],\r\n\t"id":"c","usage":{"total_tokens":3e0},"timings":{"a":1,"a":2},"model":"other" }\n',
  },
  {
    path: '/v1/completions',
    ask: json({ prompt: 'x' }),
    answer: '{"choices":[{"text":"\\u0078","index":0.0,"logprobs":null,"finish_reason":"stop"}],"stop_reason":null}',
  },
  {
    path: '/v1/embeddings',
    ask: json({ input: 'x', encoding_format: 'float' }),
    answer: '{"data":[{"embedding":[1.0,-0.0,1e-7, 2],"index":0}],"vendor":{}}',
  },
  { path: '/v1/moderations', ask: json({ input: 'x' }), answer: '{"results":[{"flagged":false,"category_scores":{"x":1.0E-3}}] }' },
  { path: '/v1/images/generations', ask: json({ prompt: 'x' }), answer: '{"created":1.0,"data":[{"b64_json":"AA\\u003d="}],"seed":7.0}' },
  {
    path: '/v1/audio/transcriptions',
    ask: { contentType: form.contentType, body: form.body },
    answer: '{"text":"\\ud83d\\ude00", "segments":[{"start":0.0,"end":1.50}]}',
  },
]

async function ask(path: string, request: { contentType: string; body: Buffer }, answer: string | Buffer) {
  const backend = await startScripted((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    response.end(answer)
  })
  const { post } = await startRelayed({
    backends: [
      {
        id: 'one',
        type: 'openai-compatible',
        url: backend.url,
        models: [{ name: 'upstream', as: 'm' }],
        health: { enabled: false },
      },
    ],
  })
  const response = await post(path, request.body, { 'content-type': request.contentType })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

describe('a JSON answer', () => {
  it.each(ANSWERS)('reaches the client byte for byte: $path', async ({ path, ask: request, answer }) => {
    const { status, headers, bytes } = await ask(path, request, answer)
    expect([status, bytes.toString()]).toEqual([200, answer])
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(answer)))
  })

  it.each([
    { name: 'blank lines in front', before: '\n\n \n' },
    { name: 'a byte order mark', before: '\ufeff' },
  ])('is understood with $name', async ({ before }) => {
    const [{ path, ask: request, answer }] = ANSWERS as [(typeof ANSWERS)[number]]
    const { status, bytes } = await ask(path, request, before + answer)
    expect([status, JSON.parse(bytes.toString().trim())]).toEqual([200, JSON.parse(answer)])
  })

  it('of 3 MB reaches the client whole', async () => {
    const answer = JSON.stringify({ data: [{ embedding: Array.from({ length: 200_000 }, (_, index) => index / 7), index: 0 }] })
    const { bytes } = await ask('/v1/embeddings', json({ input: 'x', encoding_format: 'float' }), answer)
    expect(bytes.equals(Buffer.from(answer))).toBe(true)
  })
})
