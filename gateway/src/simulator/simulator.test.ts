import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import OpenAI, { toFile } from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startSimulator, type Simulator } from './simulator.ts'

let simulator: Simulator
let client: OpenAI

beforeAll(async () => {
  simulator = await startSimulator({ name: 'one' })
  client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterEach(() => simulator.reset())
afterAll(() => simulator.close())

const messages = [{ role: 'user' as const, content: 'Say something' }]
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['c', 'f'] } },
        required: ['city'],
      },
    },
  },
]

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

describe('chat', () => {
  it('answers the SDK, the same for the same request on every simulator', async () => {
    const first = await client.chat.completions.create({ model: 'sim-chat', messages })
    const other = await startSimulator({ name: 'two' })
    const elsewhere = await new OpenAI({ baseURL: `${other.url}/v1`, apiKey: 'none' }).chat.completions.create({
      model: 'sim-chat',
      messages,
    })
    await other.close()
    const different = await client.chat.completions.create({ model: 'sim-chat', messages: [{ role: 'user', content: 'Another' }] })
    expect(elsewhere).toEqual({ ...first, system_fingerprint: 'two' })
    expect(first.choices[0]?.message.content?.split(' ')).toHaveLength(16)
    expect(first.choices[0]?.finish_reason).toBe('stop')
    expect(first.usage?.total_tokens).toBe((first.usage?.prompt_tokens ?? 0) + 16)
    expect(different.choices[0]?.message.content).not.toBe(first.choices[0]?.message.content)
  })

  it('streams what it says plainly, role first, usage last and only when asked', async () => {
    const plain = await client.chat.completions.create({ model: 'sim-chat', messages })
    const withUsage = await collect(
      await client.chat.completions.create({ model: 'sim-chat', messages, stream: true, stream_options: { include_usage: true } }),
    )
    const without = await collect(await client.chat.completions.create({ model: 'sim-chat', messages, stream: true }))
    expect(withUsage[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(withUsage.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(plain.choices[0]?.message.content)
    expect(withUsage.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: plain.usage })
    expect(withUsage.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
    expect(without.every((chunk) => !('usage' in chunk))).toBe(true)
    expect(without).toHaveLength(withUsage.length - 1)
  })

  it.each(['max_tokens', 'max_completion_tokens'])('stops at %s', async (name) => {
    const answer = await client.chat.completions.create({ model: 'sim-chat', messages, [name]: 3 })
    expect(answer.choices[0]?.message.content?.split(' ')).toHaveLength(3)
    expect(answer.choices[0]?.finish_reason).toBe('length')
    expect(answer.usage?.completion_tokens).toBe(3)
  })

  it('gives n choices that differ', async () => {
    const plain = await client.chat.completions.create({ model: 'sim-chat', messages, n: 3 })
    const stream = await collect(await client.chat.completions.create({ model: 'sim-chat', messages, n: 3, stream: true }))
    const texts = [0, 1, 2].map((index) =>
      stream.map((chunk) => (chunk.choices[0]?.index === index ? (chunk.choices[0].delta.content ?? '') : '')).join(''),
    )
    expect(plain.choices.map((choice) => choice.message.content)).toEqual(texts)
    expect(new Set(texts).size).toBe(3)
  })

  it('calls a tool with arguments that fit its schema, and speaks after the result', async () => {
    const plain = await client.chat.completions.create({ model: 'sim-chat', messages, tools })
    const streamed = await client.chat.completions.stream({ model: 'sim-chat', messages, tools }).finalChatCompletion()
    const call = plain.choices[0]?.message.tool_calls?.[0]
    if (call?.type !== 'function') throw new Error('no function was called')
    expect(call.function.name).toBe('get_weather')
    expect(JSON.parse(call.function.arguments)).toEqual({
      city: expect.any(String),
      days: expect.any(Number),
      unit: expect.stringMatching(/^[cf]$/),
    })
    expect(plain.choices[0]?.finish_reason).toBe('tool_calls')
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([{ id: call.id, function: call.function }])
    const after = await client.chat.completions.create({
      model: 'sim-chat',
      tools,
      messages: [...messages, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: call.id, content: '12 degrees' }],
    })
    expect(after.choices[0]?.message.tool_calls).toBeUndefined()
    const refused = await client.chat.completions.create({ model: 'sim-chat', messages, tools, tool_choice: 'none' })
    expect(refused.choices[0]?.message.content).toBeTruthy()
  })

  it('streams the arguments of a tool in pieces', async () => {
    const chunks = await collect(await client.chat.completions.create({ model: 'sim-chat', messages, tools, stream: true }))
    const pieces = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather', arguments: '' } })
    expect(pieces.slice(1).every((piece) => piece.id === undefined)).toBe(true)
  })

  it('answers in the form of a response_format', async () => {
    const schema = { type: 'object', properties: { sum: { type: 'number' } } }
    const answer = await client.chat.completions.create({
      model: 'sim-chat',
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'sum', schema } },
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ sum: expect.any(Number) })
  })

  it('continues a partial answer to the same text', async () => {
    const whole = (await client.chat.completions.create({ model: 'sim-chat', messages })).choices[0]?.message.content ?? ''
    for (const at of [0, 1, 7, whole.length - 1]) {
      const partial = { role: 'assistant', content: whole.slice(0, at) }
      const response = await post('/v1/chat/completions', {
        model: 'sim-chat',
        messages: [...messages, partial],
        continue_final_message: true,
      })
      expect(await response.json()).toMatchObject({ choices: [{ message: { content: whole.slice(at) } }] })
    }
  })
})

describe('other endpoints', () => {
  it('completes prompts', async () => {
    const plain = await client.completions.create({ model: 'sim-chat', prompt: ['one', 'two'], max_tokens: 4 })
    const stream = await collect(await client.completions.create({ model: 'sim-chat', prompt: 'one', max_tokens: 4, stream: true }))
    expect(plain.choices.map((choice) => [choice.index, choice.finish_reason])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ])
    expect(stream.map((chunk) => chunk.choices[0]?.text).join('')).toBe(plain.choices[0]?.text)
  })

  it("embeds: floats and the SDK's own base64 give the same unit vectors", async () => {
    const byDefault = await client.embeddings.create({ model: 'sim-embedding', input: ['a', 'b'], dimensions: 5 })
    const floats = await client.embeddings.create({ model: 'sim-embedding', input: ['a', 'b'], dimensions: 5, encoding_format: 'float' })
    expect(byDefault.data).toEqual(floats.data)
    expect(floats.data.map((item) => item.embedding.length)).toEqual([5, 5])
    expect(Math.hypot(...(floats.data[0]?.embedding ?? []))).toBeCloseTo(1, 5)
    expect(await client.embeddings.create({ model: 'sim-embedding', input: [1, 2, 3] })).toMatchObject({ data: [{ index: 0 }] })
  })

  it.each(['/v1/rerank', '/rerank', '/v2/rerank'])('reranks on %s', async (path) => {
    const documents = ['blue sea', 'a red fox', { text: 'red' }]
    const all = await (await post(path, { model: 'sim-rerank', query: 'red fox', documents })).json()
    const cut = await (await post(path, { model: 'sim-rerank', query: 'red fox', documents, top_n: 1, return_documents: false })).json()
    expect(all).toMatchObject({
      results: [{ index: 1, document: { text: 'a red fox' } }, { index: 2, document: { text: 'red' } }, { index: 0 }],
    })
    expect(cut).toMatchObject({ results: [{ index: 1, relevance_score: expect.any(Number) }] })
    expect(JSON.stringify(cut)).not.toContain('fox"')
  })

  it('speaks with the content type that was asked for', async () => {
    const wav = await client.audio.speech.create({ model: 'sim-tts', voice: 'alloy', input: 'hello world', response_format: 'wav' })
    const mp3 = await client.audio.speech.create({ model: 'sim-tts', voice: 'alloy', input: 'hello world' })
    const bytes = Buffer.from(await wav.arrayBuffer())
    expect(wav.headers.get('content-type')).toBe('audio/wav')
    expect(bytes.toString('latin1', 0, 4)).toBe('RIFF')
    expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44)
    expect(mp3.headers.get('content-type')).toBe('audio/mpeg')
  })

  it('transcribes, and says which bytes it got', async () => {
    const bytes = Buffer.from('RIFF\r\n--not a boundary\r\n\0\xff', 'latin1')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const create = async (format: 'json' | 'verbose_json' | 'text' | 'srt' | 'vtt') =>
      client.audio.transcriptions.create({
        file: await toFile(bytes, 'a.wav', { type: 'audio/wav' }),
        model: 'sim-stt',
        response_format: format,
      })
    expect(await create('json')).toMatchObject({ file: { field: 'file', name: 'a.wav', type: 'audio/wav', bytes: bytes.length, sha256 } })
    expect(await create('verbose_json')).toMatchObject({ task: 'transcribe', duration: 8, segments: [{ id: 0, end: 8 }] })
    expect(await create('text')).toContain(sha256)
    expect(await create('srt')).toMatch(/^1\n00:00:00,000 --> 00:00:08,000\n/)
    expect(await create('vtt')).toMatch(/^WEBVTT\n\n00:00:00\.000 --> 00:00:08\.000\n/)
  })

  it('streams a transcription', async () => {
    const file = await toFile(Buffer.from('sound'), 'a.wav')
    const events = await collect(await client.audio.transcriptions.create({ file, model: 'sim-stt', stream: true }))
    expect(events.at(0)?.type).toBe('transcript.text.delta')
    expect(events.at(-1)?.type).toBe('transcript.text.done')
  })

  it('translates', async () => {
    const file = await toFile(Buffer.from('sound'), 'a.wav')
    expect(await client.audio.translations.create({ file, model: 'sim-stt', response_format: 'verbose_json' })).toMatchObject({
      language: 'english',
    })
  })

  it('draws, edits and varies', async () => {
    const image = await toFile(Buffer.from('picture'), 'p.png', { type: 'image/png' })
    const drawn = await client.images.generate({ model: 'sim-image', prompt: 'a cat', n: 2 })
    const edited = await client.images.edit({ model: 'sim-image', prompt: 'a dog', image: [image, image] })
    const varied = await client.images.createVariation({ model: 'sim-image', image })
    expect(drawn.data?.map((item) => Buffer.from(item.b64_json ?? '', 'base64').toString('latin1', 1, 4))).toEqual(['PNG', 'PNG'])
    expect(edited).toMatchObject({ files: [{ field: 'image[]' }, { field: 'image[]' }] })
    expect(varied).toMatchObject({ files: [{ field: 'image', bytes: 7 }] })
    const stream = await collect(await client.images.generate({ model: 'sim-image', prompt: 'a cat', stream: true, partial_images: 2 }))
    expect(stream.map((event) => event.type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
  })

  it('moderates', async () => {
    const answer = await client.moderations.create({ model: 'sim-moderation', input: ['some violence', 'a cat'] })
    expect(answer.results.map((result) => [result.flagged, result.categories.violence])).toEqual([
      [true, true],
      [false, false],
    ])
  })

  it('lists models, ids with slashes too', async () => {
    simulator.setModels(['sim-chat', 'org/model'])
    expect((await client.models.list()).data.map((model) => model.id)).toEqual(['sim-chat', 'org/model'])
    expect(await client.models.retrieve('org/model')).toMatchObject({ id: 'org/model', object: 'model' })
    expect((await fetch(`${simulator.url}/v1/models/org/model`)).status).toBe(200)
    expect((await fetch(`${simulator.url}/v1/models/org`)).status).toBe(404)
    simulator.setModels(['sim-chat', 'sim-embedding', 'sim-rerank', 'sim-tts', 'sim-stt', 'sim-image', 'sim-moderation'])
  })

  it('is healthy and has a version', async () => {
    const health = await fetch(`${simulator.url}/health`)
    expect([health.status, await health.text()]).toEqual([200, ''])
    expect(await (await fetch(`${simulator.url}/version`)).json()).toEqual({ version: 'simulator' })
  })
})

describe('bad requests', () => {
  it.each([
    ['an unknown model', '/v1/chat/completions', { model: 'nobody', messages }, 404, 'model_not_found'],
    ['no model', '/v1/chat/completions', { messages }, 400, 'missing_required_parameter'],
    ['no messages', '/v1/chat/completions', { model: 'sim-chat' }, 400, 'missing_required_parameter'],
    ['an unknown fault', '/v1/chat/completions', { model: 'sim-chat!explode', messages }, 400, 'unknown_fault'],
    ['a parameter that the fault does not read', '/v1/chat/completions', { model: 'sim-chat!hang:at=1', messages }, 400, 'unknown_fault'],
    ['a fault on an unknown model', '/v1/chat/completions', { model: 'nobody!hang', messages }, 404, 'model_not_found'],
    ['no input', '/v1/embeddings', { model: 'sim-embedding' }, 400, 'invalid_value'],
  ])('answers %s in the shape of OpenAI', async (_, path, body, status, code) => {
    const response = await post(path, body)
    expect(await response.json()).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: expect.toSatisfy((value) => value === null || typeof value === 'string'),
        code,
      },
    })
    expect(response.status).toBe(status)
  })

  it('answers broken JSON, other methods, other paths and a form without its file', async () => {
    const broken = await fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body: '{"model":' })
    const form = new FormData()
    form.set('model', 'sim-stt')
    const statuses = await Promise.all([
      fetch(`${simulator.url}/v1/chat/completions`),
      post('/other/chat/completions', { model: 'sim-chat', messages }),
      fetch(`${simulator.url}/v1/audio/transcriptions`, { method: 'POST', body: form }),
      post('/v1/audio/transcriptions', { model: 'sim-stt' }),
    ])
    expect([broken.status, ...statuses.map((response) => response.status)]).toEqual([400, 405, 404, 400, 415])
  })
})

describe('what the simulator tells and takes', () => {
  it('echoes what it received', async () => {
    const body = { model: 'sim-chat', messages, extra: 1 }
    const plain = await (await post('/v1/chat/completions', body, { 'x-simulator-echo': '1', 'x-mine': 'yes' })).json()
    const echo = {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: expect.objectContaining({ 'x-mine': 'yes' }),
      body: Buffer.from(JSON.stringify(body)).toString('base64'),
    }
    expect(plain).toMatchObject({ object: 'chat.completion', echo })
    const stream = await (await post('/v1/chat/completions', { ...body, stream: true }, { 'x-simulator-echo': '1' })).text()
    expect(JSON.parse(stream.slice('data: '.length, stream.indexOf('\n')))).toMatchObject({ echo: { path: '/v1/chat/completions' } })
  })

  it('keeps what it has seen', async () => {
    await post('/v1/chat/completions?a=1', { model: 'sim-chat!slow:after=0', messages })
    await simulator.waitFor((current) => current.inFlight() === 0)
    expect(simulator.seen).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions?a=1', model: 'sim-chat!slow:after=0', finished: true },
    ])
    expect(JSON.parse(simulator.seen[0]?.body.toString() ?? '')).toMatchObject({ messages })
    expect(simulator.seen[0]?.abortedAt).toBeUndefined()
  })

  it('asks for its key, but not on /health', async () => {
    const guarded = await startSimulator({ apiKey: 'secret' })
    const request = (path: string, headers = {}) => fetch(guarded.url + path, { headers })
    const refused = await request('/v1/models', { authorization: 'Bearer other' })
    expect([refused.status, await refused.json()]).toEqual([401, { error: 'Unauthorized' }])
    expect((await request('/v1/models', { authorization: 'Bearer secret' })).status).toBe(200)
    expect((await request('/health')).status).toBe(200)
    await guarded.close()
  })

  it('answers under any prefix when told to', async () => {
    const anywhere = await startSimulator({ anyPrefix: true })
    const response = await fetch(`${anywhere.url}/api/paas/v4/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sim-chat', messages }),
    })
    expect(await response.json()).toMatchObject({ object: 'chat.completion' })
    expect(await (await fetch(`${anywhere.url}/compatible-mode/v1/models`)).json()).toMatchObject({ object: 'list' })
    await anywhere.close()
  })

  it('sends each event when it is due', async () => {
    const slow = await startSimulator({ firstTokenMs: 1, tokensPerSecond: 1_000, tokens: 4, record: false })
    const response = await fetch(`${slow.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sim-chat', messages, stream: true }),
    })
    const text = await response.text()
    expect(text.match(/^data: /gm)).toHaveLength(7)
    expect(slow.seen).toEqual([])
    await slow.close()
  })

  it('sees a client leave before and after the first byte', async () => {
    for (const fault of ['hang', 'stall:at=2']) {
      const controller = new AbortController()
      const pending = fetch(`${simulator.url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model: `sim-chat!${fault}`, messages, stream: true }),
        signal: controller.signal,
      })
      await (fault === 'hang' ? simulator.waitFor((current) => current.seen[0]?.model !== undefined) : pending)
      expect(simulator.inFlight()).toBe(1)
      controller.abort()
      await pending.catch(() => undefined)
      await simulator.waitFor((current) => current.seen[0]?.abortedAt !== undefined && current.inFlight() === 0)
      expect(simulator.seen).toMatchObject([{ finished: false, abortedAt: expect.any(Number) }])
      simulator.reset()
    }
  })

  it('refuses connections while down, and comes back on the same port', async () => {
    const flapping = await startSimulator()
    const idle = connect(flapping.port, '127.0.0.1')
    const closed = new Promise((resolve) => idle.once('close', resolve))
    await flapping.waitFor((current) => current.connections() === 1)
    await flapping.setDown(true)
    await closed
    await expect(fetch(flapping.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await flapping.setDown(true)
    await flapping.setDown(false)
    expect((await fetch(`${flapping.url}/health`)).status).toBe(200)
    await flapping.setDown(true)
    await flapping.close()
  })

  it('does not take its own end for a client that left', async () => {
    const ending = await startSimulator()
    const pending = fetch(`${ending.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sim-chat!hang', messages }),
    })
    await ending.waitFor((current) => current.seen[0]?.model !== undefined)
    await Promise.all([expect(pending).rejects.toThrow(), ending.close()])
    expect(ending.seen[0]?.abortedAt).toBeUndefined()
  })

  it('says what it knows when it waited in vain', async () => {
    await expect(simulator.waitFor(() => false, 1)).rejects.toThrow('Waited 1 ms in vain; one has seen 0 requests')
    await expect(
      simulator.waitFor(() => {
        throw new Error('a bad predicate')
      }),
    ).rejects.toThrow('a bad predicate')
  })
})
