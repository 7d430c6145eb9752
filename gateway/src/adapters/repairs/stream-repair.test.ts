import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Answers } from '@jairouter/contract/adapter'
import type { ReasoningField } from '@jairouter/contract/names'
import { createSseReader } from '../../lib/sse-reader.ts'
import { createAnswerRepair } from './answer-repair.ts'
import { sse, STREAMS } from './fixtures/streams.ts'

const NONE: Answers = { finishReasons: {}, toolCalls: 'native', contentParts: false, thinkTags: false, usageInChoices: false }

interface Wanted {
  readonly answers?: Partial<Answers>
  readonly emitReasoning?: ReasoningField
}

function repairOf({ answers = {}, emitReasoning = 'as-is' }: Wanted) {
  let made = 0
  const newId = () => `new-${(made += 1)}`
  return createAnswerRepair({ answers: { ...NONE, ...answers }, emitReasoning, newId })
}

/** Events of a stream that is cut at these places, after the repair. */
function mended(bytes: Buffer, wanted: Wanted, cuts: readonly number[] = [], choices = 1) {
  const reader = createSseReader(1_000_000)
  const repair = repairOf(wanted)?.stream(choices)
  if (repair === undefined) throw new Error('There is nothing to repair')
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const chunks = points.slice(1).map((point, index) => bytes.subarray(points[index], point))
  return [...chunks.flatMap((chunk) => repair.push(reader.push(chunk))), ...repair.end()].map(({ bytes: event }) => event.toString())
}

function deltasOf(events: readonly string[]) {
  return events
    .filter((event) => !event.includes('[DONE]'))
    .map((event): Readonly<Record<string, unknown>> => {
      const chunk = JSON.parse(event.slice('data: '.length)) as {
        choices: { delta: Record<string, unknown>; finish_reason?: string | null }[]
      }
      return {
        ...chunk.choices[0]?.delta,
        ...(typeof chunk.choices[0]?.finish_reason === 'string' ? { end: chunk.choices[0].finish_reason } : {}),
      }
    })
}

const from = (name: keyof typeof STREAMS) => Buffer.from(sse(STREAMS[name]))
const NORMALISE: Wanted = { answers: { toolCalls: 'normalise' } }
const call = (index: number, id: string, args: string, name = 'weather') => ({
  index,
  id,
  type: 'function',
  function: { name, arguments: args },
})
const piece = (index: number, args: string) => ({ index, function: { arguments: args } })

describe('tool calls', () => {
  it('of DashScope: an empty id is none', () => {
    expect(deltasOf(mended(from('dashscope'), NORMALISE))).toEqual([
      { role: 'assistant', content: null, tool_calls: [call(0, 'call_1', '')] },
      { tool_calls: [piece(0, '{"city":')] },
      { tool_calls: [piece(0, '"Bern"}')] },
      { end: 'tool_calls' },
    ])
  })

  it('of Mistral: without index and type, two in the event that ends', () => {
    expect(deltasOf(mended(from('mistral'), NORMALISE))[1]).toEqual({
      content: null,
      tool_calls: [call(0, 'gSIMJiOkT', '{"city":"Bern"}'), call(1, 'hTJNKjPlU', '{"city":"Basel"}')],
      end: 'tool_calls',
    })
  })

  it('of models that Mistral hosts: an empty name is none', () => {
    expect(deltasOf(mended(from('mistralHosted'), NORMALISE))).toEqual([
      { role: 'assistant', content: '', index: 0, tool_calls: [call(0, 'abcdefghi', '{"city":')] },
      { index: 0, tool_calls: [piece(0, '"Bern"}')] },
      { end: 'tool_calls' },
    ])
  })

  it('that all say the same index are told apart by their ids', () => {
    expect(deltasOf(mended(from('sameIndex'), NORMALISE))[0]).toMatchObject({
      tool_calls: [call(0, 'a', '{"city":"Bern"}'), call(1, 'b', '{"city":"Basel"}')],
    })
  })

  it('of SGLang: the last one goes on where nothing says which', () => {
    expect(deltasOf(mended(from('sglang'), NORMALISE)).map(({ tool_calls: calls }) => calls)).toEqual([
      [call(0, 'call_1', '')],
      [piece(0, '{"city": "Bern"}')],
      null,
    ])
  })

  it('without id and arguments get one, and an empty object at the end', () => {
    expect(deltasOf(mended(from('bare'), NORMALISE))).toEqual([
      { role: 'assistant', tool_calls: [call(0, 'new-1', '', 'now')] },
      { tool_calls: [piece(0, '{}')], end: 'stop' },
    ])
  })

  it('get the empty object before [DONE], and at a bare end, where no chunk says how it ended', () => {
    const cut = STREAMS.bare.slice(0, 1)
    const owed =
      'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":null}]}\n\n'
    expect(mended(Buffer.from(sse(cut)), NORMALISE).slice(1)).toEqual([owed, 'data: [DONE]\n\n'])
    expect(mended(Buffer.from(`data: ${cut[0]}\n\n`), NORMALISE).slice(1)).toEqual([owed])
  })

  it.each([
    [
      'a new id where the last looks complete',
      [
        { id: 'a', function: { name: 'f', arguments: '{}' } },
        { id: 'b', function: { arguments: '{"x":1}' } },
      ],
      [0, 1],
    ],
    [
      'a new id where it does not',
      [
        { id: 'a', function: { name: 'f', arguments: '{"x"' } },
        { id: 'b', function: { arguments: ':1}' } },
      ],
      [0, 0],
    ],
    [
      'a new name where the last looks complete',
      [{ function: { name: 'f', arguments: '{}' } }, { function: { name: 'f', arguments: '{}' } }],
      [0, 1],
    ],
    ['a name again where it does not', [{ function: { name: 'f', arguments: '{' } }, { function: { name: 'f', arguments: '}' } }], [0, 0]],
    [
      'a known id after another',
      [
        { id: 'a', function: { name: 'f', arguments: '{}' } },
        { id: 'b', function: { name: 'f', arguments: '{' } },
        { id: 'a', function: { arguments: ' ' } },
      ],
      [0, 1, 0],
    ],
    [
      'two ids without arguments',
      [
        { id: 'a', function: { name: 'f' } },
        { id: 'b', function: { name: 'f' } },
      ],
      [0, 1],
    ],
    [
      'indexes that begin late',
      [
        { index: 3, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
        { index: 7, id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
      ],
      [0, 1],
    ],
    [
      'an index with another id in mid-argument',
      [
        { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
        { index: 0, id: 'b', function: { name: 'f', arguments: '}' } },
      ],
      [0, 0],
    ],
  ])('%s', (_name, calls, expected) => {
    const chunks = calls.map((one) => JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [one] }, finish_reason: null }] }))
    const indexes = deltasOf(mended(Buffer.from(sse(chunks)), NORMALISE)).flatMap(({ tool_calls: told }) =>
      Array.isArray(told) ? told.map((one: { index: number }) => one.index) : [],
    )
    expect(indexes.slice(0, calls.length)).toEqual(expected)
  })

  it('with an object for arguments, extras, or an id that is taken', () => {
    const chunk = {
      choices: [
        {
          delta: {
            tool_calls: [
              { id: '0', function: { name: 'f', arguments: { a: 1 } }, extra_content: { s: 1 } },
              { index: 5, id: '0', function: { name: 'g', arguments: '{}' } },
            ],
          },
          finish_reason: null,
        },
      ],
    }
    expect(deltasOf(mended(Buffer.from(sse([JSON.stringify(chunk)])), NORMALISE))[0]).toEqual({
      tool_calls: [{ ...call(0, '0', '{"a":1}', 'f'), extra_content: { s: 1 } }, call(1, 'new-1', '{}', 'g')],
    })
  })

  it('of two choices are numbered apart', () => {
    const of = (index: number) =>
      JSON.stringify({ choices: [{ index, delta: { tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }, finish_reason: null }] })
    expect(deltasOf(mended(Buffer.from(sse([of(0), of(1)])), NORMALISE, [], 2)).map(({ tool_calls: calls }) => calls)).toEqual([
      [call(0, 'new-1', '{}', 'f')],
      [call(0, 'new-2', '{}', 'f')],
    ])
  })
})

describe('other repairs', () => {
  const MISTRAL: Wanted = { answers: { contentParts: true, finishReasons: { model_length: 'length' } } }

  it('make text and reasoning of parts, and translate the end', () => {
    expect(deltasOf(mended(from('parts'), MISTRAL))).toEqual([
      { role: 'assistant', content: '', reasoning_content: 'Hm, ' },
      { content: 'Grü', reasoning_content: 'so.' },
      { content: 'ße', end: 'length' },
    ])
  })

  it('keep the parts that are neither', () => {
    const reference = { type: 'reference', reference_ids: [1] }
    const chunk = {
      choices: [
        {
          index: 0,
          delta: { content: ['a', { type: 'text', text: 'b' }, reference, { type: 'thinking', thinking: 'c' }] },
          finish_reason: null,
        },
      ],
    }
    expect(deltasOf(mended(Buffer.from(sse([JSON.stringify(chunk)])), MISTRAL))[0]).toEqual({
      content: 'ab',
      reasoning_content: 'c',
      content_parts: [reference],
    })
  })

  it('part reasoning from the answer at the tags, also across chunks', () => {
    expect(deltasOf(mended(from('minimax'), { answers: { thinkTags: true } }))).toEqual([
      { role: 'assistant', content: '' },
      { content: '', reasoning_content: 'Hm, ' },
      { content: '', reasoning_content: 'so.' },
      { content: 'Grü' },
      { content: 'ße', end: 'stop' },
    ])
  })

  it('give the reasoning the name that is wanted, whatever made it', () => {
    const deltas = deltasOf(mended(from('minimax'), { answers: { thinkTags: true }, emitReasoning: 'reasoning' }))
    expect(deltas.map(({ reasoning }) => reasoning)).toEqual([undefined, 'Hm, ', 'so.', undefined, undefined])
    expect(JSON.stringify(deltas)).not.toContain('reasoning_content')
  })

  it('tell what was held back with the end, before [DONE], and at a bare end', () => {
    const chunk = (content: string, reason: string | null) =>
      JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: reason }] })
    const THINK: Wanted = { answers: { thinkTags: true }, emitReasoning: 'both' }
    expect(deltasOf(mended(Buffer.from(sse([chunk('<thin', null), chunk('', 'stop')])), THINK))).toEqual([
      { content: '' },
      { content: '<thin', end: 'stop' },
    ])
    expect(deltasOf(mended(Buffer.from(sse([chunk('<think>a</', null)])), THINK))).toEqual([
      { content: '', reasoning_content: 'a', reasoning: 'a' },
      { content: '', reasoning_content: '</', reasoning: '</' },
    ])
    expect(deltasOf(mended(Buffer.from(`data: ${chunk('<', null)}\n\n`), THINK))).toEqual([{ content: '' }, { content: '<' }])
  })
})

describe('emitReasoning', () => {
  const reasoning = { deepseek: ['', 'Hm, so.', null, null], openrouter: ['Hm, so.', undefined, undefined] }
  it.each([
    ['deepseek', 'reasoning_content', 'reasoning_content', 'reasoning'],
    ['deepseek', 'reasoning', 'reasoning', 'reasoning_content'],
    ['openrouter', 'reasoning_content', 'reasoning_content', 'reasoning'],
    ['openrouter', 'reasoning', 'reasoning', 'reasoning_content'],
  ] as const)('of %s as %s', (name, emitReasoning, field, other) => {
    const deltas = deltasOf(mended(from(name), { emitReasoning }))
    expect(deltas.map((delta) => delta[field])).toEqual(reasoning[name])
    expect(deltas.some((delta) => other in delta)).toBe(false)
    expect(deltas[0]?.['reasoning_details'] !== undefined).toBe(name === 'openrouter')
  })

  it('as both has the text once in each', () => {
    for (const name of ['deepseek', 'openrouter'] as const) {
      for (const delta of deltasOf(mended(from(name), { emitReasoning: 'both' })))
        expect(delta['reasoning']).toEqual(delta['reasoning_content'])
    }
  })

  it('as none leaves nothing of it, and every event', () => {
    for (const name of ['deepseek', 'openrouter'] as const) {
      const events = mended(from(name), { emitReasoning: 'none' })
      expect(events.join('')).not.toMatch(/reasoning/)
      expect(events).toHaveLength(STREAMS[name].length + 1)
      expect(events.join('')).toContain('Grüße')
    }
    const blocks = JSON.stringify({
      choices: [{ index: 0, delta: { thinking_blocks: [{ type: 'thinking', thinking: 'x', signature: 's' }] }, finish_reason: null }],
    })
    expect(mended(Buffer.from(sse([blocks])), { emitReasoning: 'none' })[0]).toBe(
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":null}]}\n\n',
    )
  })
})

const ALL: Wanted = {
  answers: { contentParts: true, thinkTags: true, toolCalls: 'normalise', finishReasons: { eos: 'stop' } },
  emitReasoning: 'reasoning_content',
}

describe('a stream', () => {
  it('that needs nothing is the same events, bytes and all', () => {
    const odd =
      'data:  {"choices" : [ {"index":0, "delta":{"content":"a \\"tool_calls\\":[1] <think>"},"finish_reason":null } ] , "n":1.50}\n\n: comment\n\nevent: x\ndata: {"choices":[],"usage":{"reasoning_tokens":1}}\n\n'
    const text = `${odd}${sse(STREAMS.openai)}`
    const repair = repairOf(ALL)?.stream(1)
    const events = createSseReader(1_000_000).push(Buffer.from(text))
    expect(repair?.push(events)).toBe(events)
    expect(repair?.end()).toEqual([])
  })

  it('of no JSON is left to others to judge', () => {
    const events = createSseReader(1_000_000).push(
      Buffer.from('data: {"tool_calls":[1,\n\ndata: {"choices":{"tool_calls":[1]}}\n\ndata: {"choices":[1],"tool_calls":[1]}\n\n'),
    )
    expect(repairOf(ALL)?.stream(1).push(events)).toBe(events)
  })

  it.each(Object.keys(STREAMS) as (keyof typeof STREAMS)[])('of %s is mended alike however its bytes are cut', (name) => {
    const bytes = from(name)
    const whole = mended(bytes, ALL)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(mended(bytes, ALL, cuts)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })
})
