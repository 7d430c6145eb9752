import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { formOf } from '../support/multipart.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { answerJson, type Script } from '../support/scripted-server.ts'
import { dataOf } from '../support/sse-data.ts'
import { answering, chunk, chunksOf, completion, FORBIDDEN, SECRET, sse, startGuarded, streamHead, streaming } from './guarded.ts'

const body = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }] }
const USAGE = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
const CALL = { id: 't', type: 'function', function: { name: 'send', arguments: JSON.stringify({ to: `\n${SECRET}`, n: 1 }) } }

function sdk(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
}

function chatAt(url: string, more: object = {}) {
  return ask(`${url}/v1/chat/completions`, { body: { ...body, ...more } })
}

describe('a whole answer', () => {
  it('is the same bytes where nothing matches', async () => {
    const text =
      '{ "id":"c", "choices":[{"index":0,"message":{"role":"assistant","content":"a fox"},"finish_reason":"stop","logprobs":{"content":[]}}] }'
    const { url } = await startGuarded((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(text)
    })
    expect((await chatAt(url)).text).toBe(text)
  })

  it('is masked in every text of it', async () => {
    const { url, records } = await startGuarded(
      answering(
        { content: `to ${SECRET}`, reasoning_content: `think of ${SECRET}`, refusal: null, tool_calls: [CALL] },
        { logprobs: { content: [{ token: SECRET }] } },
      ),
    )
    const answer = await sdk(url).chat.completions.create(body)
    expect(answer).toMatchObject({
      choices: [
        {
          message: {
            content: 'to [email]',
            reasoning_content: 'think of [email]',
            tool_calls: [{ ...CALL, function: { name: 'send', arguments: '{"to":"\\n[email]","n":1}' } }],
          },
          logprobs: null,
        },
      ],
      usage: USAGE,
    })
    expect(records[0]).toMatchObject({
      usage: { totalTokens: 8 },
      content: [
        { rule: 'mail', action: 'mask', where: 'answer', count: 3 },
        { rule: 'seen', action: 'flag', where: 'answer', count: 3 },
      ],
    })
  })

  it('is kept back where a rule blocks, and nobody else is asked', async () => {
    const { url, server, records } = await startGuarded(answering({ content: `the ${FORBIDDEN} with ${SECRET}` }), {
      defaults: { content: ['stop'], fallback: [{ response: { content: 'Busy' }, on: ['any'] }] },
    })
    const answer = await chatAt(url)
    expect([answer.status, answer.code]).toEqual([400, 'content_blocked'])
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: 'The answer was blocked by the content rule "stop"' } })
    expect(server.requests).toHaveLength(1)
    expect(records[0]).toMatchObject({
      status: 400,
      code: 'content_blocked',
      usage: { totalTokens: 8 },
      attempts: [{ outcome: 'content_blocked' }],
      content: [{ rule: 'stop', action: 'block', where: 'answer', count: 1 }],
    })
  })

  it('of a completion', async () => {
    const { url } = await startGuarded((_request, response) =>
      answerJson(response, {
        id: 'c',
        object: 'text_completion',
        model: 'm',
        choices: [{ index: 0, text: SECRET, finish_reason: 'stop' }],
      }),
    )
    expect((await ask(`${url}/v1/completions`, { body: { model: 'm', prompt: 'x' } })).text).toContain('"text":"[email]"')
  })

  it('of an image tells its prompt masked', async () => {
    const { url } = await startGuarded((_request, response) =>
      answerJson(response, { data: [{ b64_json: 'AAAA', revised_prompt: SECRET }] }),
    )
    const answer = await ask(`${url}/v1/images/generations`, { body: { model: 'm', prompt: 'x' } })
    expect(JSON.parse(answer.text)).toMatchObject({ data: [{ b64_json: 'AAAA', revised_prompt: '[email]' }] })
  })

  it('of embeddings is left alone', async () => {
    const vectors = { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [0.5, 13812345678] }], usage: USAGE }
    const { url } = await startGuarded((_request, response) => answerJson(response, vectors), {
      contentRules: [{ name: 'phone', match: { builtin: 'phone' }, action: 'block' }],
      defaults: { content: ['phone'] },
    })
    const answer = await ask(`${url}/v1/embeddings`, { body: { model: 'm', input: 'x' } })
    expect(JSON.parse(answer.text)).toMatchObject({ data: vectors.data })
  })
})

describe('a transcription', () => {
  const transcribe = (url: string, ...more: readonly (readonly [string, string])[]) => {
    const form = formOf([['model', 'm'], ...more, { name: 'file', filename: 'a.wav', bytes: Buffer.from('x') }])
    return fetch(`${url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { 'content-type': form.contentType },
      body: new Uint8Array(form.body),
    })
  }

  it('as JSON', async () => {
    const { url } = await startGuarded((_request, response) => answerJson(response, { text: `mail ${SECRET}`, words: [{ word: SECRET }] }))
    expect(await (await transcribe(url)).json()).toEqual({ text: 'mail [email]' })
  })

  it('as text', async () => {
    const { url } = await startGuarded(streaming(`mail ${SECRET}\n`, 'text/plain'))
    expect(await (await transcribe(url, ['response_format', 'text'])).text()).toBe('mail [email]\n')
  })

  it('as text that is blocked', async () => {
    const { url } = await startGuarded(streaming(`a ${FORBIDDEN}\n`, 'text/plain'))
    expect((await transcribe(url, ['response_format', 'text'])).status).toBe(400)
  })

  it('as a stream', async () => {
    const delta = (text: string) => sse({ type: 'transcript.text.delta', delta: text, logprobs: [{ token: text }] })
    const done = sse({ type: 'transcript.text.done', text: `mail ${SECRET} now`, usage: { type: 'duration', seconds: 1 } })
    const [first, rest] = [SECRET.slice(0, 9), SECRET.slice(9)]
    const { url, records, settled } = await startGuarded(streaming(delta(`mail ${first}`) + delta(`${rest} no`) + delta('w') + done))
    const events = dataOf(await (await transcribe(url, ['stream', 'true'])).text()).map((data): unknown => JSON.parse(data))
    expect(events).toEqual([
      { type: 'transcript.text.delta', delta: 'mail ' },
      { type: 'transcript.text.delta', delta: '[email] ' },
      { type: 'transcript.text.delta', delta: 'now' },
      { type: 'transcript.text.done', text: 'mail [email] now', usage: { type: 'duration', seconds: 1 } },
    ])
    await settled(1)
    expect(records[0]?.content).toContainEqual({ rule: 'mail', action: 'mask', where: 'answer', count: 1 })
  })
})

describe('a stream', () => {
  const WHOLE = `write to ${SECRET}, and soon.`

  it('cut anywhere is what the whole would have been, for the official client', async () => {
    let cut = 0
    const { url, records } = await startGuarded((_request, response) => {
      streamHead(response)
      response.end(chunksOf([WHOLE.slice(0, cut), WHOLE.slice(cut)]))
    })
    const client = sdk(url)
    for (cut = 0; cut <= WHOLE.length; cut += 1) {
      const pieces: string[] = []
      const stream = client.chat.completions
        .stream({ ...body, stream_options: { include_usage: true } })
        .on('content', (piece) => void pieces.push(piece))
      const final = await stream.finalChatCompletion()
      expect(final.choices[0]?.message.content).toBe('write to [email], and soon.')
      expect(final.choices[0]?.finish_reason).toBe('stop')
      expect(final.usage).toMatchObject(USAGE)
      expect(pieces.join('')).toBe('write to [email], and soon.')
    }
    expect(records.map(({ content, usage }) => [content?.[0]?.count, usage?.totalTokens])).toEqual(records.map(() => [1, 8]))
  })

  it('whose bytes come one by one', async () => {
    const bytes = Buffer.from(chunksOf([...`é🦅 ${SECRET} 绝密🦅`]))
    const { url } = await startGuarded(async (_request, response) => {
      streamHead(response)
      for (const byte of bytes) await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()))
      response.end()
    })
    const final = await sdk(url).chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]?.message.content).toBe('é🦅 [email] 绝密🦅')
  })

  it('tells what can be no match while it is on its way', async () => {
    let go = () => {}
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const { url } = await startGuarded(async (_request, response) => {
      streamHead(response)
      response.write(sse(chunk({ role: 'assistant', content: '' })) + sse(chunk({ content: 'Dear sir, I ha' })))
      await gate
      response.end(chunksOf(['ve seen it']))
    })
    let text = ''
    for await (const { choices } of await sdk(url).chat.completions.create({ ...body, stream: true })) {
      text += choices[0]?.delta.content ?? ''
      if (text === 'Dear sir, I ') go()
    }
    expect(text).toBe('Dear sir, I have seen it')
  })

  it('with tool calls and reasoning', async () => {
    const text = CALL.function.arguments
    const pieces = [
      chunk({ role: 'assistant', content: null }),
      chunk({ reasoning_content: `I think of ${SECRET.slice(0, 8)}` }),
      chunk({ reasoning_content: SECRET.slice(8) }),
      chunk({ tool_calls: [{ index: 0, ...CALL, function: { name: 'send', arguments: '' } }] }),
      ...[...text].map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
      chunk({}, { finish_reason: 'tool_calls' }),
      '[DONE]',
    ]
    const { url } = await startGuarded(streaming(pieces.map(sse).join('')))
    const answer = await ask(`${url}/v1/chat/completions`, { body: { ...body, stream: true } })
    expect(answer.text).not.toContain('canary')
    const final = await sdk(url).chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 't', function: { name: 'send', arguments: '{"to":"\\n[email]","n":1}' } }] },
    })
    const thoughts = dataOf(answer.text).flatMap((data) => (data.includes('reasoning_content') ? [JSON.parse(data)] : []))
    expect(thoughts.map(({ choices }) => choices[0].delta.reasoning_content).join('')).toBe('I think of [email]')
  })

  it('of a completion', async () => {
    const piece = (text: string, reason: string | null = null) =>
      sse({
        id: 'c',
        object: 'text_completion',
        model: 'm',
        choices: [{ index: 0, text, logprobs: { tokens: [text] }, finish_reason: reason }],
      })
    const { url } = await startGuarded(streaming(piece(SECRET.slice(0, 5)) + piece(SECRET.slice(5), 'stop') + sse('[DONE]')))
    const { text } = await ask(`${url}/v1/completions`, { body: { model: 'm', prompt: 'x', stream: true } })
    expect(dataOf(text).map((data): unknown => (data === '[DONE]' ? data : JSON.parse(data).choices[0]))).toEqual([
      { index: 0, text: '[email]', finish_reason: null },
      { index: 0, text: '', logprobs: null, finish_reason: 'stop' },
      '[DONE]',
    ])
  })

  it('that breaks tells nothing of what was held back, and no end', async () => {
    const { url } = await startGuarded(async (_request, response) => {
      streamHead(response)
      await new Promise<void>((resolve) => response.write(sse(chunk({ content: `write to ${SECRET.slice(0, -3)}` })), () => resolve()))
      response.destroy()
    })
    const { text } = await chatAt(url, { stream: true })
    expect(text).toContain('"write to "')
    expect(text).toContain('"stream_interrupted"')
    expect(text).not.toContain('canary')
    expect(text).not.toContain('[DONE]')
  })

  it('that the backend answers with a whole document', async () => {
    const { url } = await startGuarded(answering({ content: SECRET }))
    const final = await sdk(url).chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]?.message.content).toBe('[email]')
  })
})

describe('a stream that is blocked', () => {
  /** Goes on until it is stopped. */
  const endless =
    (pieces: readonly string[], stopped: () => void): Script =>
    async ({ aborted }, response) => {
      void aborted.then(stopped)
      streamHead(response)
      response.write(sse(chunk({ role: 'assistant', content: '' })))
      for (const content of pieces) response.write(sse(chunk({ content })))
    }

  it('ends with what stands before, an error event and no end; its backend is stopped', async () => {
    const stopped = Promise.withResolvers<void>()
    const { url, records, settled } = await startGuarded(endless([`about ${SECRET} `, 'and the zep', 'pelin '], stopped.resolve))
    const { status, text } = await chatAt(url, { stream: true })
    await stopped.promise
    expect(status).toBe(200)
    const events = dataOf(text).map((data): unknown => JSON.parse(data))
    expect(events.at(-1)).toEqual({
      error: {
        message: 'The answer was blocked by the content rule "stop"',
        type: 'invalid_request_error',
        param: null,
        code: 'content_blocked',
      },
    })
    expect(text).toContain('about [email]')
    expect(text).not.toContain('zep')
    await settled(1)
    expect(records[0]).toMatchObject({ status: 200, code: 'content_blocked', attempts: [{ outcome: 'content_blocked' }] })
  })

  it('throws in the official client', async () => {
    const { url } = await startGuarded(endless(['a longer beginning, ', `${FORBIDDEN} `], () => {}))
    await expect(sdk(url).chat.completions.stream(body).finalChatCompletion()).rejects.toThrow('blocked by the content rule')
  })

  it.each([false, true])('before anything was told is answered by status; resume: %s', async (resume) => {
    const { url, records, settled } = await startGuarded(
      endless([`${FORBIDDEN} `], () => {}),
      { defaults: { content: ['stop'], retry: { resume } } },
    )
    const { status, code } = await chatAt(url, { stream: true })
    expect([status, code]).toEqual([400, 'content_blocked'])
    await settled(1)
    expect(records[0]).toMatchObject({ status: 400, code: 'content_blocked' })
  })

  it('at its very end', async () => {
    for (const resume of [false, true]) {
      const { url } = await startGuarded(streaming(chunksOf(['a beginning, ', FORBIDDEN])), {
        defaults: { content: ['stop'], retry: { resume } },
      })
      const { text } = await chatAt(url, { stream: true })
      expect(text).toContain('"a beginning, "')
      expect(text).toContain('content_blocked')
      expect(text).not.toContain('[DONE]')
      expect(text).not.toContain('finish_reason":"stop')
    }
  })
})

describe('an answer that is given again', () => {
  it.each([false, true])('goes through the rules that hold then; stream: %s', async (stream) => {
    const text = `${FORBIDDEN} for ${SECRET}`
    const script = stream ? streaming(chunksOf(['a beginning, ', text])) : answering({ content: text })
    const { url, apply, config, server } = await startGuarded(script, { defaults: { content: [], cache: { ttl: '1h' } } })
    const asking = () => chatAt(url, { stream, temperature: 0 })
    expect((await asking()).text).toContain(SECRET)
    apply({ ...config, defaults: { content: ['mail'], cache: { ttl: '1h' } } })
    const masked = await asking()
    expect(masked.headers['x-jairouter-cache']).toBe('hit')
    expect(masked.text).toContain('[email]')
    expect(masked.text).not.toContain(SECRET)
    apply({ ...config, defaults: { content: ['stop'], cache: { ttl: '1h' } } })
    const blocked = await asking()
    expect(blocked.text).toContain('content_blocked')
    expect(blocked.text).not.toContain(FORBIDDEN)
    expect(blocked.text).not.toContain('[DONE]')
    expect(server.requests).toHaveLength(1)
  })

  it.each([false, true])('to many who ask at the same time; stream: %s', async (stream) => {
    const text = `${SECRET} `
    const script = stream ? streaming(chunksOf([text, `a ${FORBIDDEN} `])) : answering({ content: text + FORBIDDEN })
    const { url, settled, records } = await startGuarded(script, { defaults: { content: ['mail', 'stop'], cache: { ttl: '1h' } } })
    const answers = await Promise.all([1, 2, 3].map(() => chatAt(url, { stream, temperature: 0 })))
    for (const answer of answers) {
      expect(answer.text).toContain('content_blocked')
      expect(answer.text).not.toContain(SECRET)
    }
    await settled(3)
    expect(records.map(({ code }) => code)).toEqual(['content_blocked', 'content_blocked', 'content_blocked'])
  })

  it('by a text of the operator', async () => {
    const { url } = await startGuarded((_request, response) => void response.writeHead(500).end('{}'), {
      defaults: { content: ['mail'], fallback: [{ response: { content: `Write to ${SECRET}` } }], retry: { attempts: 1 } },
    })
    expect((await chatAt(url)).text).toContain('Write to [email]')
    const final = await sdk(url).chat.completions.stream(body).finalChatCompletion()
    expect(final.choices[0]?.message.content).toBe('Write to [email]')
  })
})

it('what was found stands in books as counts, and what it was in none', async () => {
  const { url, logged, records, settled } = await startGuarded(
    (request, response) =>
      request.body.includes('fail')
        ? answerJson(response, { error: { message: `cannot reach ${SECRET}` } })
        : answerJson(response, completion({ content: `${SECRET} and ${FORBIDDEN}` })),
    { log: { level: 'trace' } },
  )
  const answers = [
    await chatAt(url, { messages: [{ role: 'user', content: SECRET }] }),
    await chatAt(url, { messages: [{ role: 'user', content: `${SECRET} ${FORBIDDEN}` }] }),
    await chatAt(url, { messages: [{ role: 'user', content: `fail ${SECRET}` }] }),
  ]
  await settled(3)
  const metrics = await readMetrics(url)
  expect(metrics.series('jairouter_content_matches_total')).toEqual({
    'block,stop,answer': 1,
    'block,stop,request': 1,
    'flag,seen,answer': 1,
    'flag,seen,request': 3,
    'mask,mail,answer': 1,
    'mask,mail,request': 3,
  })
  expect(logged()).toContain('"content":[{"rule":"mail","action":"mask","where":"request","count":1}')
  for (const text of [logged(), JSON.stringify(metrics.samples), JSON.stringify(records), ...answers.map(({ text }) => text)]) {
    expect(text).not.toContain('canary.person')
    expect(text).not.toContain(FORBIDDEN)
  }
})
