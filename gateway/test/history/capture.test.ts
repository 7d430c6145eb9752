import { describe, expect, it } from 'vitest'
import { ask, chat } from '../support/ask.ts'
import { askApi } from '../support/ask-api.ts'
import { createCanaries } from '../support/canaries.ts'
import { eventually } from '../support/eventually.ts'
import { startScripted } from '../support/scripted-server.ts'
import { startControlled } from '../support/start-controlled.ts'
import { startHttpReceiver } from '../support/trace-receiver.ts'

const WORD = 'canary-word-of-the-prompt'
const EMAIL = 'canary.of.the.prompt@example.com'
const BACKEND_KEY = 'canary-key-of-the-backend'
const SAID = [{ role: 'user', content: `${WORD} to ${EMAIL}` }]

/** Answers with what it was asked, and with the key that it was asked with. */
async function startEcho(): Promise<string> {
  const { url } = await startScripted((request, response) => {
    if (request.method === 'GET') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"id":"m"}]}')
    const { messages, stream } = JSON.parse(request.body.toString()) as { messages: { content: string }[]; stream?: boolean }
    const content = `You said ${messages.at(-1)?.content ?? ''} with ${request.headers.authorization ?? ''}`
    if (stream !== true) {
      const message = { role: 'assistant', content }
      const answer = { object: 'chat.completion', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of content.match(/.{1,5}/g) ?? []) response.write(`data: ${JSON.stringify(chunkOf({ content: piece }, null))}\n\n`)
    response.end(`data: ${JSON.stringify(chunkOf({}, 'stop'))}\n\ndata: [DONE]\n\n`)
  })
  return url
}

function chunkOf(delta: object, reason: string | null): object {
  return { object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] }
}

async function start() {
  const receiver = await startHttpReceiver()
  const url = await startEcho()
  const target = { targets: [{ backend: 'echo', model: 'm' }] }
  const controlled = await startControlled(
    { echo: { backend: { url, models: ['m'], apiKey: BACKEND_KEY } } },
    {
      auth: { mode: 'required' },
      tracing: { enabled: true, endpoint: receiver.url },
      explain: { sample: 1 },
      contentRules: [{ name: 'forbidden', match: { words: ['forbidden'] }, action: 'block' }],
      models: [
        { name: 'off', ...target },
        { name: 'on', ...target, capture: { to: ['history', 'traces'] }, content: ['forbidden'] },
        { name: 'asked', ...target, capture: { sides: ['request'], maxBytes: '256b' } },
      ],
    },
    { level: 'trace' },
  )
  const keyOf = async (name: string, more: object = {}) => String((await controlled.api('POST', '/keys', { name, ...more })).json['key'])
  const keys = {
    plain: await keyOf('plain', { owner: 'a-developer' }),
    never: await keyOf('never', { capture: false }),
    always: await keyOf('always', { capture: true }),
  }
  const send = (id: string, model: string, key: string, more: object = {}) =>
    chat(controlled.url, { model, messages: SAID, ...more }, { headers: { authorization: `Bearer ${key}`, 'x-request-id': id } })
  const contentOf = async (id: string, as = controlled.token) => {
    const path = `GET /history/${id}/content`
    return eventually(async () => {
      const answer = await askApi(controlled.admin, path, { as })
      if (answer.status === 404 && as === controlled.token) throw new Error(`${id} is not written yet`)
      return answer
    })
  }
  return { ...controlled, receiver, keys, send, contentOf }
}

describe('what requests and answers say', () => {
  it('is in no sink as long as nothing has it kept', async () => {
    const { send, keys, contentOf, api, receiver, logged, url, token } = await start()
    const canaries = createCanaries()
    for (const [name, secret] of Object.entries({ WORD, EMAIL, BACKEND_KEY, ...keys })) canaries.add(name, secret)
    await send('off-1', 'off', keys.plain)
    await send('off-2', 'off', keys.plain, { stream: true })
    await send('off-3', 'on', keys.never)
    expect((await contentOf('off-1')).json).toMatchObject({ state: 'off', input: null, output: null })
    expect((await contentOf('off-3')).json).toMatchObject({ state: 'off' })
    await receiver.received(6)
    for (const path of [
      '/history',
      '/history/off-1',
      '/history/off-2/content',
      '/history/export',
      '/audit',
      '/requests/off-1',
      '/overview',
    ])
      canaries.seen(path, (await api('GET', path)).text)
    canaries.seen('metrics', (await ask(`${url}/metrics`)).text)
    canaries.seen('log', logged())
    canaries.seen(
      'spans',
      JSON.stringify(receiver.spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    )
    expect(token).not.toBe('')
    expect(canaries.leaks()).toEqual([])
    expect(canaries.size()).toBeGreaterThan(5_000)
  })

  it('is kept where a policy or a key has it kept, with all masked that is to be', async () => {
    const { send, keys, contentOf, receiver, logged, api } = await start()
    const told = await send('on-1', 'on', keys.plain)
    expect(told.text).toContain(EMAIL)
    await send('on-2', 'on', keys.plain, { stream: true })
    await send('key-1', 'off', keys.always)
    await send('half-1', 'asked', keys.plain, { messages: [{ role: 'user', content: `${WORD} ${'more '.repeat(200)}` }] })
    const text = (content: string) => [{ type: 'text', content }]
    const answer = { role: 'assistant', parts: text(`You said ${WORD} to [email] with Bearer [secret]`), finish_reason: 'stop' }
    const whole = {
      state: 'redacted',
      masked: 3,
      cut: false,
      input: [{ role: 'user', parts: text(`${WORD} to [email]`) }],
      output: [answer],
    }
    expect((await contentOf('on-1')).json).toMatchObject(whole)
    expect((await contentOf('on-2')).json).toMatchObject(whole)
    expect((await contentOf('key-1')).json).toMatchObject(whole)
    expect((await contentOf('half-1')).json).toMatchObject({ state: 'kept', masked: 0, cut: true, output: null })
    expect((await contentOf('half-1')).text.length).toBeLessThan(1_000)

    const spans = await receiver.received(8)
    const contents = spans.filter(({ attributes }) => 'gen_ai.input.messages' in attributes)
    expect(contents.map(({ kind, attributes }) => [kind, attributes['jairouter.request.id']])).toEqual([
      [2, 'on-1'],
      [2, 'on-2'],
    ])
    expect(JSON.parse(String(contents[0]?.attributes['gen_ai.input.messages']))).toEqual(whole.input)
    expect(JSON.parse(String(contents[1]?.attributes['gen_ai.output.messages']))).toEqual(whole.output)

    const canaries = createCanaries()
    const secrets = { EMAIL, BACKEND_KEY, ...keys }
    for (const [name, secret] of Object.entries(secrets)) canaries.add(name, secret)
    canaries.add('WORD', WORD)
    const readable = JSON.stringify(receiver.spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    canaries.seen('spans', readable, 'WORD')
    canaries.seen('the content', (await contentOf('on-1')).text, 'WORD')
    canaries.seen('log', logged())
    for (const path of ['/history', '/history/on-1', '/history/export', '/audit', '/requests/on-1'])
      canaries.seen(path, (await api('GET', path)).text)
    expect(canaries.leaks()).toEqual([])
  })

  it('is not kept of what a content rule has blocked', async () => {
    const { send, keys, contentOf } = await start()
    await send('blocked', 'on', keys.plain, { messages: [{ role: 'user', content: `forbidden ${WORD}` }] })
    const { json, text } = await contentOf('blocked')
    expect(json).toMatchObject({ input: null })
    expect(text).not.toContain(WORD)
  })

  it('is read by admins and by whose it is', async () => {
    const { send, keys, contentOf, userOf, api } = await start()
    await send('mine', 'on', keys.plain)
    await send('not-mine', 'off', keys.always)
    await contentOf('not-mine')
    const [developer, operator] = [await userOf('developer'), await userOf('operator')]
    expect((await contentOf('mine', developer)).json).toMatchObject({ state: 'redacted' })
    expect((await contentOf('not-mine', developer)).status).toBe(404)
    expect((await contentOf('mine', operator)).json).toMatchObject({ state: 'denied', input: null, output: null })
    const { text } = await api('GET', '/audit?limit=100')
    expect(text).toContain('history.content')
  })
})
