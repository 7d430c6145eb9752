import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { formOf, noise } from '../support/multipart.ts'
import { refusedRealtime } from '../support/realtime-client.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startRealtime } from '../support/start-realtime.ts'
import { answering, completion, entry, FORBIDDEN, RULES, SECRET, startGuarded } from './guarded.ts'

const said = answering({ content: 'ok' })
const user = (content: unknown) => [{ role: 'user', content }]
const chatOf = (content: unknown, more: object = {}) => ({ model: 'm', messages: user(content), ...more })

async function post(url: string, body: string): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  await response.arrayBuffer()
  return response.status
}

describe('what a backend sees', () => {
  it('is the same bytes where nothing matches', async () => {
    const { url, server, records } = await startGuarded(said)
    const body = '{ "model" : "m", "n":1.0, "messages":[{"role":"user", "content":"h\\u00e9 \\/"}] ,"x":12345678901234567890}'
    expect(await post(`${url}/v1/chat/completions`, body)).toBe(200)
    expect(server.requests[0]?.body.toString()).toBe(body)
    expect(records[0]?.content).toBe(undefined)
  })

  it('is masked where something does, and beside that the same bytes', async () => {
    const { url, server, records } = await startGuarded(said)
    const body = (mail: string) =>
      `{ "model" : "m", "n":1.0,"messages":[{"role":"system","content":"I am ${mail}"}, {"role":"user","content":[{"type":"text","text":"<${mail}>"}]},` +
      `{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\\"to\\": \\"\\\\n${mail}\\"}"}}]},` +
      `{"role":"tool","tool_call_id":"t","content":"sent to ${mail}"}],"user":"${mail}","x":12345678901234567890}`
    expect(await post(`${url}/v1/chat/completions`, body(SECRET))).toBe(200)
    expect(server.requests[0]?.body.toString()).toBe(body('[email]'))
    expect(records[0]?.content).toEqual([
      { rule: 'mail', action: 'mask', where: 'request', count: 5 },
      { rule: 'seen', action: 'flag', where: 'request', count: 5 },
    ])
  })

  it.each([
    ['/v1/completions', { prompt: ['a', SECRET], suffix: SECRET }, { prompt: ['a', '[email]'], suffix: '[email]' }],
    ['/v1/embeddings', { input: [SECRET] }, { input: ['[email]'] }],
    [
      '/v1/rerank',
      { query: SECRET, documents: [SECRET, { text: SECRET }] },
      { query: '[email]', documents: ['[email]', { text: '[email]' }] },
    ],
    ['/v1/moderations', { input: SECRET }, { input: '[email]' }],
    ['/v1/audio/speech', { input: SECRET, voice: 'v' }, { input: '[email]', voice: 'v' }],
    ['/v1/images/generations', { prompt: SECRET }, { prompt: '[email]' }],
  ])('%s', async (path, given, expected) => {
    const { url, asked } = await startGuarded((_request, response) => answerJson(response, {}))
    await ask(url + path, { body: { model: 'm', ...given } })
    expect(asked()).toMatchObject({ model: 'm', ...expected })
  })

  it('is masked in every call that is made for a request', async () => {
    const failing = await startScripted((_request, response) => void response.writeHead(500).end('{}'))
    const other = await startScripted(said)
    const gateway = await startGateway({
      contentRules: RULES,
      backends: [entry('one', failing.url), entry('two', failing.url), entry('three', other.url, { models: ['n'] })],
      services: { chat: { content: ['mail'] } },
      models: [
        {
          name: 'm',
          targets: [{ backend: 'one' }, { backend: 'two' }],
          fallback: [{ model: 'n' }],
        },
      ],
    })
    const answer = await ask(`${gateway.url}/v1/chat/completions`, { body: chatOf(SECRET) })
    expect(answer.status).toBe(200)
    expect(failing.requests.length).toBeGreaterThan(1)
    for (const { body } of [...failing.requests, ...other.requests]) expect(body.toString()).toContain('"[email]"')
    expect(gateway.records[0]?.content).toEqual([{ rule: 'mail', action: 'mask', where: 'request', count: 1 }])
  })
})

describe('a model that is fallen back to', () => {
  const startPair = async (content: string[]) => {
    const failing = await startScripted((_request, response) => void response.writeHead(500).end('{}'))
    const other = await startScripted(answering({ content: `from ${SECRET}` }))
    const gateway = await startGateway({
      contentRules: RULES,
      backends: [entry('one', failing.url), entry('two', other.url, { models: ['n'] })],
      models: [
        { name: 'm', targets: [{ backend: 'one' }], fallback: [{ model: 'n' }] },
        { name: 'n', targets: [{ backend: 'two' }], content },
      ],
    })
    return { failing, other, gateway }
  }

  it('has rules of its own', async () => {
    const { failing, other, gateway } = await startPair(['mail'])
    const answer = await ask(`${gateway.url}/v1/chat/completions`, { body: chatOf(SECRET) })
    expect(failing.requests[0]?.body.toString()).toContain(SECRET)
    expect(other.requests[0]?.body.toString()).toContain('"[email]"')
    expect(answer.text).toContain('from [email]')
    expect(gateway.records[0]?.content).toEqual([
      { rule: 'mail', action: 'mask', where: 'request', count: 1 },
      { rule: 'mail', action: 'mask', where: 'answer', count: 1 },
    ])
  })

  it('may not be asked what they block', async () => {
    const { other, gateway } = await startPair(['stop'])
    const answer = await ask(`${gateway.url}/v1/chat/completions`, { body: chatOf(`a ${FORBIDDEN}`) })
    expect([answer.status, answer.code]).toEqual([400, 'content_blocked'])
    expect(other.requests).toEqual([])
  })
})

describe('a request that is blocked', () => {
  it('goes nowhere, and its client is told the rule and not the text', async () => {
    const { url, server, records } = await startGuarded(said)
    const answer = await ask(`${url}/v1/chat/completions`, { body: chatOf(`my ${FORBIDDEN.toUpperCase()}`) })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: 'The request was blocked by the content rule "stop"',
        type: 'invalid_request_error',
        param: null,
        code: 'content_blocked',
      },
    })
    expect(server.requests).toEqual([])
    expect(records[0]).toMatchObject({
      status: 400,
      code: 'content_blocked',
      attempts: [],
      content: [{ rule: 'stop', action: 'block', count: 1 }],
    })
  })

  it.each([
    ['/v1/completions', { prompt: [1, 2] }, 'prompt'],
    ['/v1/completions', { prompt: [[1], [2]] }, 'prompt'],
    ['/v1/embeddings', { input: [[1]] }, 'input'],
  ])('as one whose text no rule can read: %s %j', async (path, body, param) => {
    const { url, server } = await startGuarded(said)
    const answer = await ask(url + path, { body: { model: 'm', ...body } })
    expect([answer.status, answer.code]).toEqual([400, 'invalid_field'])
    expect(JSON.parse(answer.text)).toMatchObject({ error: { param } })
    expect(server.requests).toEqual([])
  })
})

describe('whose rules hold', () => {
  it('those of the model and of the key', async () => {
    const { url, asked } = await startGuarded(said, {
      defaults: { content: ['mail'] },
      models: [{ name: 'free', targets: [{ backend: 'one', model: 'm' }], content: [] }],
      auth: {
        keys: [
          { name: 'plain', key: 'key-plain' },
          { name: 'watched', key: 'key-watched', content: ['stop'] },
        ],
      },
    })
    const text = `${SECRET} ${FORBIDDEN}`
    const as = (key: string, model: string) =>
      ask(`${url}/v1/chat/completions`, { body: { ...chatOf(text), model }, headers: { authorization: `Bearer ${key}` } })
    expect((await as('key-plain', 'm')).status).toBe(200)
    expect(asked(0)).toMatchObject({ messages: user(`[email] ${FORBIDDEN}`) })
    expect((await as('key-plain', 'free')).status).toBe(200)
    expect(asked(1)).toMatchObject({ messages: user(text) })
    expect((await as('key-watched', 'm')).code).toBe('content_blocked')
    expect((await as('key-watched', 'free')).code).toBe('content_blocked')
  })

  it('a changed config has changed rules', async () => {
    const { url, asked, apply, config } = await startGuarded(said)
    expect(apply({ ...config, defaults: { content: [] } })).toEqual([])
    await ask(`${url}/v1/chat/completions`, { body: chatOf(SECRET) })
    expect(asked()).toMatchObject({ messages: user(SECRET) })
  })
})

describe('an upload', () => {
  const file = noise(200_000)
  const upload = (url: string, prompt: string) => {
    const { contentType, body } = formOf([
      ['model', 'm'],
      ['prompt', prompt],
      { name: 'file', filename: `${SECRET}.wav`, bytes: file },
      ['language', 'en'],
    ])
    return fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', headers: { 'content-type': contentType }, body: new Uint8Array(body) })
  }

  it.each([
    ['a fox', 'a fox'],
    [`ask ${SECRET} ünd 绝密`, 'ask [email] ünd 绝密'],
  ])('with the text %j', async (prompt, expected) => {
    const { url, server } = await startGuarded((_request, response) => answerJson(response, { text: 'ok' }))
    expect((await upload(url, prompt)).status).toBe(200)
    const form = await new Response(new Uint8Array(server.requests[0]?.body ?? Buffer.alloc(0)), {
      headers: { 'content-type': server.requests[0]?.headers['content-type'] ?? '' },
    }).formData()
    expect(form.get('prompt')).toBe(expected)
    expect(form.get('language')).toBe('en')
    const sent = form.get('file')
    expect(sent instanceof File && Buffer.from(await sent.arrayBuffer()).equals(file)).toBe(true)
  })

  it('that is blocked', async () => {
    const { url, server, settled, records } = await startGuarded((_request, response) => answerJson(response, { text: 'ok' }))
    const answer = await upload(url, `the ${FORBIDDEN}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: 'content_blocked' } })
    await settled(1)
    expect(records[0]?.content).toEqual([{ rule: 'stop', action: 'block', where: 'request', count: 1 }])
    expect(server.requests).toEqual([])
  })
})

it('equal requests share what a cache keeps, as they are masked', async () => {
  let count = 0
  const { url, server } = await startGuarded(
    (_request, response) => {
      count += 1
      answerJson(response, completion({ content: `number ${count} for ${SECRET}` }))
    },
    { defaults: { content: ['mail'], cache: { ttl: '1h' } } },
  )
  const first = await ask(`${url}/v1/chat/completions`, { body: chatOf('a@x.com asks') })
  const second = await ask(`${url}/v1/chat/completions`, { body: chatOf('b@y.org asks') })
  expect(first.text).toContain('number 1 for [email]')
  expect(second.text).toBe(first.text)
  expect(second.headers['x-jairouter-cache']).toBe('hit')
  expect(server.requests).toHaveLength(1)
})

it('sessions are refused where rules hold', async () => {
  const { url, backend } = await startRealtime({}, { contentRules: RULES, defaults: { content: ['mail'] } })
  const refused = await refusedRealtime(url)
  expect(refused.status).toBe(400)
  expect(refused.body).toMatchObject({ error: { message: 'Content rules hold for the model "m", and sessions cannot keep them' } })
  expect(backend.handshakes).toEqual([])
})
