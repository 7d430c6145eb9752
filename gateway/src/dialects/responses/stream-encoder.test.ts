import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { chunkOf, THINKING_THEN_CALL, TOOL_STREAMS, toolDelta, usageChunk } from '../anthropic/fixtures/streams.ts'
import { fromCanonical } from './answer.ts'
import { sealBlock } from './encrypted-content.ts'
import { contextOf, PLAIN_RESPONSE } from './fixtures/context.ts'
import { eventsOf, responseFromEvents, typesOf } from './fixtures/response-from-events.ts'
import { THINKING_THEN_CALL_EVENTS } from './fixtures/streams.ts'
import { createStreamEncoder } from './stream-encoder.ts'

const encode = (chunks: readonly JsonObject[], fields: JsonObject = {}): Buffer => {
  const encoder = createStreamEncoder(contextOf(fields))
  return Buffer.concat([...chunks.map((chunk) => encoder.push(chunk)), encoder.end()])
}
const streamOf = (deltas: readonly JsonObject[], finishReason = 'stop') => [
  ...deltas.map((delta) => chunkOf(delta)),
  chunkOf({}, finishReason),
]
const bytesOf = (deltas: readonly JsonObject[], finishReason = 'stop', fields: JsonObject = {}) =>
  encode(streamOf(deltas, finishReason), fields)
/** Type and what is said of each item, and its status unless it is completed. */
const saidBy = (bytes: Buffer): unknown[] =>
  itemsOf(bytes).map((item) => {
    const { type, arguments: args, status } = item
    return [type, args ?? textsOf(item), ...(status === 'completed' ? [] : [status])]
  })
const textsOf = ({ content, summary }: JsonObject): unknown[] =>
  [summary, content].flatMap((parts) => (Array.isArray(parts) ? parts.map((part: JsonObject) => part['text'] ?? part['refusal']) : []))
const itemsOf = (bytes: Buffer): readonly JsonObject[] => {
  const { output } = responseFromEvents(bytes)
  return Array.isArray(output) ? output : []
}

const OPENING = ['response.created', 'response.in_progress']
const ADDED = 'response.output_item.added'
const DONE = 'response.output_item.done'
const PART = 'response.content_part.added'
const PART_DONE = 'response.content_part.done'

describe('a stream', () => {
  it("is framed as OpenAI's servers frame it", () => {
    expect(encode(THINKING_THEN_CALL).toString()).toBe(THINKING_THEN_CALL_EVENTS)
    expect(responseFromEvents(encode(THINKING_THEN_CALL))['status']).toBe('completed')
  })

  it('is sent as it comes', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(encoder.contentType).toBe('text/event-stream; charset=utf-8')
    expect(THINKING_THEN_CALL.map((chunk) => typesOf(encoder.push(chunk)))).toEqual([
      OPENING,
      [ADDED, PART, 'response.reasoning_text.delta'],
      ['response.reasoning_text.delta'],
      ['response.reasoning_text.done', PART_DONE, DONE, ADDED],
      ['response.function_call_arguments.delta'],
      ['response.function_call_arguments.delta'],
      [],
      [],
    ])
    expect(typesOf(encoder.end())).toEqual(['response.function_call_arguments.done', DONE, 'response.completed'])
  })

  it('of text has the parts that clients wait for', () => {
    const bytes = bytesOf([{ content: 'a' }, { content: 'b' }])
    expect(typesOf(bytes)).toEqual([
      ...OPENING,
      ADDED,
      PART,
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      PART_DONE,
      DONE,
      'response.completed',
    ])
    const where = { item_id: 'msg_req-1_0', output_index: 0, content_index: 0 }
    const part = { type: 'output_text', annotations: [], logprobs: [], text: 'ab' }
    const item = { id: 'msg_req-1_0', type: 'message', status: 'completed', role: 'assistant', content: [part] }
    expect(eventsOf(bytes).slice(2, -1)).toEqual([
      { type: ADDED, sequence_number: 2, output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
      { type: PART, sequence_number: 3, ...where, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', sequence_number: 4, ...where, delta: 'a', logprobs: [] },
      { type: 'response.output_text.delta', sequence_number: 5, ...where, delta: 'b', logprobs: [] },
      { type: 'response.output_text.done', sequence_number: 6, ...where, text: 'ab', logprobs: [] },
      { type: PART_DONE, sequence_number: 7, ...where, part },
      { type: DONE, sequence_number: 8, output_index: 0, item },
    ])
    expect(responseFromEvents(bytes)).toEqual({ ...PLAIN_RESPONSE, output: [item] })
  })

  it('of a refusal has parts of its own', () => {
    const bytes = bytesOf([{ content: 'a' }, { refusal: 'No' }, { refusal: '!' }])
    const where = { item_id: 'msg_req-1_0', output_index: 0, content_index: 1 }
    expect(eventsOf(bytes).slice(5, -2)).toEqual([
      { type: 'response.output_text.done', sequence_number: 5, ...where, content_index: 0, text: 'a', logprobs: [] },
      {
        type: PART_DONE,
        sequence_number: 6,
        ...where,
        content_index: 0,
        part: { type: 'output_text', annotations: [], logprobs: [], text: 'a' },
      },
      { type: PART, sequence_number: 7, ...where, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', sequence_number: 8, ...where, delta: 'No' },
      { type: 'response.refusal.delta', sequence_number: 9, ...where, delta: '!' },
      { type: 'response.refusal.done', sequence_number: 10, ...where, refusal: 'No!' },
      { type: PART_DONE, sequence_number: 11, ...where, part: { type: 'refusal', refusal: 'No!' } },
    ])
    expect(saidBy(bytes)).toEqual([['message', ['a', 'No!']]])
  })

  it('of a summary has parts of its own', () => {
    const bytes = bytesOf([{ reasoning_content: 'a' }, { reasoning_content: 'b' }], 'stop', { reasoning: { summary: 'auto' } })
    const where = { item_id: 'rs_req-1_0', output_index: 0, summary_index: 0 }
    const head = { id: 'rs_req-1_0', type: 'reasoning' }
    expect(eventsOf(bytes).slice(2, -1)).toEqual([
      { type: ADDED, sequence_number: 2, output_index: 0, item: { ...head, status: 'in_progress', summary: [] } },
      { type: 'response.reasoning_summary_part.added', sequence_number: 3, ...where, part: { type: 'summary_text', text: '' } },
      { type: 'response.reasoning_summary_text.delta', sequence_number: 4, ...where, delta: 'a' },
      { type: 'response.reasoning_summary_text.delta', sequence_number: 5, ...where, delta: 'b' },
      { type: 'response.reasoning_summary_text.done', sequence_number: 6, ...where, text: 'ab' },
      { type: 'response.reasoning_summary_part.done', sequence_number: 7, ...where, part: { type: 'summary_text', text: 'ab' } },
      {
        type: DONE,
        sequence_number: 8,
        output_index: 0,
        item: { ...head, status: 'completed', summary: [{ type: 'summary_text', text: 'ab' }] },
      },
    ])
    expect(saidBy(bytes)).toEqual([['reasoning', ['ab']]])
  })

  it('tells citations and probabilities as they come', () => {
    const logprob = (token: string) => ({ token, logprob: -1, bytes: [1], top_logprobs: [] })
    const chunk = (content: string) => ({
      choices: [{ index: 0, delta: { content }, logprobs: { content: [logprob(content)] }, finish_reason: null }],
    })
    const annotation = (title: string) => ({ type: 'url_citation', url_citation: { title, url: 'u' } })
    const told = (title: string) => ({ type: 'url_citation', title, url: 'u' })
    const bytes = encode([
      chunk('a'),
      chunkOf({ annotations: [annotation('1'), annotation('2')] }),
      chunk('b'),
      chunkOf({ annotations: [annotation('3')] }, 'stop'),
    ])
    const where = { item_id: 'msg_req-1_0', output_index: 0, content_index: 0 }
    const logprobs = [logprob('a'), logprob('b')]
    const annotations = [told('1'), told('2'), told('3')]
    const cited = (index: number) => ({
      type: 'response.output_text.annotation.added',
      ...where,
      annotation_index: index,
      annotation: annotations[index],
    })
    expect(eventsOf(bytes).slice(3, -2)).toEqual([
      { type: PART, sequence_number: 3, ...where, part: { type: 'output_text', annotations: [], logprobs: [], text: '' } },
      { type: 'response.output_text.delta', sequence_number: 4, ...where, delta: 'a', logprobs: [logprob('a')] },
      { ...cited(0), sequence_number: 5 },
      { ...cited(1), sequence_number: 6 },
      { type: 'response.output_text.delta', sequence_number: 7, ...where, delta: 'b', logprobs: [logprob('b')] },
      { ...cited(2), sequence_number: 8 },
      { type: 'response.output_text.done', sequence_number: 9, ...where, text: 'ab', logprobs },
      { type: PART_DONE, sequence_number: 10, ...where, part: { type: 'output_text', annotations, logprobs, text: 'ab' } },
    ])
    expect(responseFromEvents(bytes)['status']).toBe('completed')
  })

  it('opens a part without the citation that comes with its first text', () => {
    const bytes = bytesOf([{ content: 'a', annotations: [{ type: 'x' }] }])
    expect(eventsOf(bytes)[3]?.['part']).toEqual({ type: 'output_text', annotations: [], logprobs: [], text: '' })
    expect(typesOf(bytes).slice(4, 6)).toEqual(['response.output_text.delta', 'response.output_text.annotation.added'])
  })

  it('starts with a chunk that has no choices, and takes choices without an index', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(typesOf(encoder.push({ prompt_filter_results: [], choices: [] }))).toEqual(OPENING)
    expect(typesOf(encoder.push({ choices: [{ delta: { content: 'a' } }] }))).toEqual([ADDED, PART, 'response.output_text.delta'])
    expect(typesOf(encoder.push({ choices: [{ index: 1, delta: { content: 'b' }, finish_reason: 'length' }] }))).toEqual([])
    expect(typesOf(encoder.push({ choices: [{ index: 0 }] }))).toEqual([])
    expect(typesOf(encoder.push({ choices: [{ delta: { content: 'c' }, finish_reason: 'stop' }] }))).toEqual(['response.output_text.delta'])
    expect(typesOf(encoder.end())).toEqual(['response.output_text.done', PART_DONE, DONE, 'response.completed'])
  })

  it('has no output where nothing was said', () => {
    expect(
      itemsOf(
        bytesOf([
          { role: 'assistant', content: '' },
          { content: null, reasoning_content: '' },
        ]),
      ),
    ).toEqual([])
  })

  it('tells usage and tier at its end, from wherever they came', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
    const chunks = [
      { ...chunkOf({ content: 'a' }), usage: { prompt_tokens: 1 }, service_tier: 'flex' },
      chunkOf({}, 'stop'),
      usageChunk(usage),
    ]
    const events = eventsOf(encode(chunks))
    expect(events[0]?.['response']).toMatchObject({
      usage: null,
      service_tier: 'flex',
      status: 'in_progress',
      completed_at: null,
      output: [],
    })
    const response = responseFromEvents(encode(chunks))
    expect(response['usage']).toEqual({ ...(PLAIN_RESPONSE['usage'] as JsonObject), input_tokens: 3, output_tokens: 4, total_tokens: 7 })
    expect(response['service_tier']).toBe('flex')
  })

  it('keeps the connection alive with a comment, up to its end', () => {
    const encoder = createStreamEncoder(contextOf())
    expect(encoder.heartbeat().toString()).toBe(': keep-alive\n\n')
    encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(encoder.heartbeat().toString()).toBe(': keep-alive\n\n')
    encoder.end()
    expect(encoder.heartbeat()).toHaveLength(0)
  })

  it('gives the response of its last event to whoever keeps it', () => {
    const encoder = createStreamEncoder(contextOf({ store: true }))
    const first = encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(encoder.response()).toBeUndefined()
    const bytes = Buffer.concat([first, encoder.end()])
    expect(encoder.response()).toEqual(responseFromEvents(bytes))
    const failed = createStreamEncoder(contextOf())
    failed.fail(new GatewayError('overloaded', 'm'))
    expect(failed.response()).toBeUndefined()
  })
})

describe('reasoning in a stream', () => {
  it('comes before the text of one delta, and again after it', () => {
    const deltas = [{ content: 'x', reasoning_content: 'a' }, { reasoning_content: 'b' }, { content: [{ type: 'text', text: 'y' }] }]
    expect(saidBy(bytesOf(deltas))).toEqual([
      ['reasoning', ['a']],
      ['message', ['x']],
      ['reasoning', ['b']],
      ['message', ['y']],
    ])
  })

  const sealed = (thinking: string, signature: string) => sealBlock({ type: 'thinking', thinking, signature })
  const reasoned = (deltas: readonly JsonObject[]) =>
    itemsOf(bytesOf(deltas)).map(({ content, encrypted_content: secret }) => [
      Array.isArray(content) ? content.map((part: JsonObject) => part['text']).join() : content,
      secret,
    ])

  it('bears a signature, which comes with the whole text again', () => {
    const deltas = [
      { reasoning_content: 'a' },
      { reasoning_content: 'b' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'ab', signature: 'sig1' }] },
      { reasoning_content: 'c' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'c', signature: 'sig2' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'sig3' }] },
      { content: 'x' },
    ]
    expect(reasoned(deltas)).toEqual([
      ['ab', sealed('ab', 'sig1')],
      ['c', sealed('c', 'sig2')],
      ['', sealed('', 'sig3')],
      ['x', undefined],
    ])
  })

  it('is in blocks alone, with a signature in pieces, or redacted', () => {
    const deltas = [
      {
        thinking_blocks: [
          { type: 'thinking', thinking: 'a' },
          { type: 'thinking', thinking: 'b' },
          { type: 'thinking', signature: 'si' },
        ],
      },
      { thinking_blocks: [{ type: 'thinking', signature: 'g1' }] },
      { thinking_blocks: [{ type: 'redacted_thinking', data: 'secret' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: '', signature: 'sig2' }] },
      { thinking_blocks: [{ type: 'thinking', thinking: 'c', signature: 'sig3' }] },
    ]
    expect(reasoned(deltas)).toEqual([
      ['ab', sealed('ab', 'sig1')],
      ['', sealBlock({ type: 'redacted_thinking', data: 'secret' })],
      ['', sealed('', 'sig2')],
      ['c', sealed('c', 'sig3')],
    ])
  })

  it('tells the block at the end of its item alone', () => {
    const events = eventsOf(bytesOf([{ thinking_blocks: [{ type: 'thinking', thinking: 'a', signature: 's' }] }]))
    expect(events.filter((event) => event['type'] === ADDED).map((event) => event['item'])).toEqual([
      { id: 'rs_req-1_0', type: 'reasoning', status: 'in_progress', summary: [], content: [] },
    ])
  })
})

describe('calls in a stream', () => {
  const callsOf = (deltas: readonly JsonObject[], finishReason = 'tool_calls') =>
    itemsOf(bytesOf(deltas, finishReason)).map(({ call_id: id, name, arguments: args }) => [id, name, args])

  it.each(Object.entries(TOOL_STREAMS))('%s', (_name, deltas) => {
    expect(callsOf(deltas)).toEqual([
      ['a', 'get_weather', '{"city":"Oslo"}'],
      ['b', 'get_time', '{}'],
    ])
  })

  it('wait for their turn, and for their name', () => {
    const encoder = createStreamEncoder(contextOf())
    const types = [
      toolDelta({ index: 0, id: 'a', function: { arguments: '{' } }),
      toolDelta({ index: 0, function: { name: 'f' } }),
      toolDelta({ index: 1, id: 'b', function: { name: 'g', arguments: '{}' } }),
      { content: 'x' },
      toolDelta({ index: 0, function: { arguments: '}' } }),
    ].map((delta) => typesOf(encoder.push(chunkOf(delta))))
    const delta = 'response.function_call_arguments.delta'
    const done = 'response.function_call_arguments.done'
    expect(types).toEqual([
      OPENING,
      [ADDED, delta],
      [],
      [],
      [delta, done, DONE, ADDED, delta, done, DONE, ADDED, PART, 'response.output_text.delta'],
    ])
  })

  it('get ids of their own where the backend has none, or one for all', () => {
    const deltas = [
      { function_call: { name: 'f', arguments: '{}' } },
      toolDelta({ index: 1, id: '0', function: { name: 'g', arguments: '{}' } }),
      toolDelta({ index: 2, id: '0', function: { name: 'h', arguments: '{}' } }),
    ]
    expect(callsOf(deltas)).toEqual([
      ['call_req-1_0', 'f', '{}'],
      ['0', 'g', '{}'],
      ['call_req-1_2', 'h', '{}'],
    ])
  })

  it('tell arguments that are none in a delta too', () => {
    const bytes = bytesOf([toolDelta({ index: 0, id: 'a', function: { name: 'f', arguments: '' } })])
    expect(eventsOf(bytes).slice(3, -2)).toEqual([
      { type: 'response.function_call_arguments.delta', sequence_number: 3, item_id: 'fc_req-1_0', output_index: 0, delta: '{}' },
      {
        type: 'response.function_call_arguments.done',
        sequence_number: 4,
        item_id: 'fc_req-1_0',
        output_index: 0,
        name: 'f',
        arguments: '{}',
      },
    ])
  })

  it("bear what Google's models want back, each its own", () => {
    const extra = (text: string) => ({ extra_content: { google: { thought_signature: text } } })
    const call = (id: string, rest: JsonObject) => ({ index: 0, id, function: { name: 'f', arguments: '{}' }, ...rest })
    const bytes = bytesOf([
      { content: 'x', ...extra('m') },
      { tool_calls: [{ ...call('a', extra('1')) }, { ...call('b', { index: 1 }) }] },
      toolDelta({ ...call('c', extra('2')), index: 2 }),
      toolDelta({ id: 'b', index: 1, ...extra('3') }),
      toolDelta({ index: 2, function: { arguments: '' } }),
    ])
    expect(itemsOf(bytes).map((item) => item['extra_content'])).toEqual(
      [extra('m'), extra('1'), undefined, extra('2')].map((one) => one?.extra_content),
    )
  })
})

describe('an end', () => {
  it.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('by %s leaves what it broke off in incomplete', (finishReason, reason) => {
    const call = { index: 0, id: 'a', function: { name: 'f', arguments: '{"x":' } }
    const bytes = bytesOf([{ reasoning_content: 'hm' }, { content: 'x' }, toolDelta(call)], finishReason)
    expect(saidBy(bytes)).toEqual([
      ['reasoning', ['hm']],
      ['message', ['x']],
      ['function_call', '{"x":', 'incomplete'],
    ])
    expect(typesOf(bytes).at(-1)).toBe('response.incomplete')
    expect(responseFromEvents(bytes)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason },
      completed_at: null,
      error: null,
    })
  })

  it('says nothing more', () => {
    const encoder = createStreamEncoder(contextOf())
    encoder.push(chunkOf({ content: 'a' }, 'stop'))
    expect(typesOf(encoder.end()).at(-1)).toBe('response.completed')
    expect(encoder.push(chunkOf({ content: 'b' }))).toHaveLength(0)
    expect(encoder.end()).toHaveLength(0)
    expect(encoder.fail(new GatewayError('upstream_error', 'm'))).toHaveLength(0)
  })
})

describe('a failure', () => {
  const error = new GatewayError('upstream_timeout', 'Too slow')

  it('is told in both ways, with what was said so far', () => {
    const encoder = createStreamEncoder(contextOf())
    const before = [chunkOf({ reasoning_content: 'hm' }), { ...chunkOf({ content: 'a' }), usage: { prompt_tokens: 2 } }].map((chunk) =>
      encoder.push(chunk),
    )
    const [failure, failed, ...more] = eventsOf(Buffer.concat([...before, encoder.fail(error)])).slice(-2)
    expect(failure).toEqual({
      type: 'error',
      sequence_number: 11,
      code: 'upstream_timeout',
      message: 'Too slow',
      param: null,
      error: { type: 'upstream_error', code: 'upstream_timeout', message: 'Too slow', param: null },
    })
    const head = { status: 'completed', id: 'rs_req-1_0', type: 'reasoning', summary: [] }
    const part = { type: 'output_text', annotations: [], logprobs: [], text: 'a' }
    const response = {
      ...PLAIN_RESPONSE,
      status: 'failed',
      completed_at: null,
      error: { code: 'server_error', message: 'Too slow' },
      usage: { ...(PLAIN_RESPONSE['usage'] as JsonObject), input_tokens: 2, total_tokens: 2 },
      output: [
        { ...head, content: [{ type: 'reasoning_text', text: 'hm' }] },
        { id: 'msg_req-1_1', type: 'message', status: 'incomplete', role: 'assistant', content: [part] },
      ],
    }
    expect(failed).toEqual({ type: 'response.failed', sequence_number: 12, response })
    expect(more).toEqual([])
    expect(
      [encoder.heartbeat(), encoder.end(), encoder.push(chunkOf({ content: 'b' })), encoder.fail(error)].map((bytes) => bytes.length),
    ).toEqual([0, 0, 0, 0])
  })

  it('before the first chunk begins the response first', () => {
    const bytes = createStreamEncoder(contextOf()).fail(error)
    expect(typesOf(bytes)).toEqual([...OPENING, 'error', 'response.failed'])
    expect(eventsOf(bytes).at(-1)?.['response']).toEqual({
      ...PLAIN_RESPONSE,
      status: 'failed',
      completed_at: null,
      usage: null,
      error: { code: 'server_error', message: 'Too slow' },
    })
  })

  it.each<[string, readonly JsonObject[], string]>([
    ['an end without a finish reason', [chunkOf({ content: 'a' })], 'stream_interrupted'],
    ['no chunk at all', [], 'stream_interrupted'],
    ['a call without a name', streamOf([toolDelta({ index: 0, id: 'a', function: { arguments: '{}' } })]), 'upstream_protocol_error'],
    ['a call without a name, cut off', streamOf([{ content: 'a' }, toolDelta({ index: 0, id: 'a' })], 'length'), 'upstream_protocol_error'],
  ])('%s', (_name, chunks, code) => {
    const events = eventsOf(encode(chunks))
    expect(events.slice(-2).map((event) => event['type'])).toEqual(['error', 'response.failed'])
    expect(events.at(-2)?.['code']).toBe(code)
    expect(events.some((event) => event['type'] === 'response.completed' || event['type'] === 'response.incomplete')).toBe(false)
  })
})

describe('any stream', () => {
  const text = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
  const call = fc.record({
    index: fc.nat(3),
    function: fc.record({ name: fc.constantFrom('', 'f'), arguments: fc.constantFrom('', '{', '}', '{}', 'null') }),
  })
  const delta = fc.oneof(
    text.map((content): JsonObject => ({ content })),
    text.map((refusal): JsonObject => ({ refusal })),
    text.map((reasoning): JsonObject => ({ reasoning })),
    text.map((signature): JsonObject => ({ thinking_blocks: [{ type: 'thinking', thinking: '', signature }] })),
    fc.constant<JsonObject>({ thinking_blocks: [{ type: 'redacted_thinking', data: 'd' }] }),
    call.map((one): JsonObject => toolDelta(one)),
  )

  it('keeps to the protocol', () => {
    fc.assert(
      fc.property(
        fc.array(delta, { maxLength: 25 }),
        fc.constantFrom('stop', 'length'),
        fc.constantFrom(null, 'auto'),
        (deltas, reason, summary) => {
          const bytes = bytesOf(deltas, reason, { reasoning: { summary } })
          if (typesOf(bytes).at(-1) === 'response.failed') return
          expect(responseFromEvents(bytes)['status']).toBe(reason === 'stop' ? 'completed' : 'incomplete')
        },
      ),
      { numRuns: 200 },
    )
  })

  it('says what the whole answer says', () => {
    const message = fc.record({
      content: fc.option(text, { nil: null }),
      reasoning_content: fc.option(text, { nil: null }),
      refusal: fc.option(text, { nil: null }),
      args: fc.array(fc.constantFrom('{}', '{"x":1}', ''), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(message, fc.constantFrom('stop', 'length'), ({ args, ...rest }, reason) => {
        const calls = args.map((one, index) => ({ index, id: `c${index}`, function: { name: 'f', arguments: one } }))
        const pieces = Object.entries(rest).flatMap(([key, value]) => [...(value ?? '')].map((sign) => chunkOf({ [key]: sign })))
        // In the order in which a whole message is read.
        const order = (chunk: JsonObject) =>
          ['reasoning_content', 'content', 'refusal'].findIndex((key) => JSON.stringify(chunk).includes(`"delta":{"${key}"`))
        const sorted = pieces.toSorted((one, other) => order(one) - order(other))
        const streamed = responseFromEvents(encode([...sorted, ...calls.map((one) => chunkOf(toolDelta(one))), chunkOf({}, reason)]))
        const choice = { index: 0, message: { ...rest, tool_calls: calls }, finish_reason: reason }
        expect(streamed).toEqual(fromCanonical({ choices: [choice] }, contextOf()))
      }),
      { numRuns: 100 },
    )
  })
})
