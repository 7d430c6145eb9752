import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openaiCompatible } from '../adapters/builtin/openai-compatible.ts'
import { completionToEvents } from './completion-to-stream.ts'
import { decodeVector, encodeVector, toAskedVectors } from './embedding-vectors.ts'
import { normaliseRerank } from './rerank-answer.ts'
import { readUsage } from './usage.ts'

describe('embedding vectors', () => {
  it('round-trips single precision', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true })), (vector) => {
        expect(decodeVector(encodeVector(vector))).toEqual(vector)
      }),
    )
    expect(encodeVector([1, -2.5])).toBe('AACAPwAAIMA=')
  })

  it('converts only what is in the wrong representation', () => {
    const floats = { object: 'list', data: [{ index: 0, embedding: [1, -2.5] }], usage: {} }
    const coded = { object: 'list', data: [{ index: 0, embedding: 'AACAPwAAIMA=' }], usage: {} }
    expect(toAskedVectors(floats, 'float')).toBeUndefined()
    expect(toAskedVectors(coded, 'base64')).toBeUndefined()
    expect(toAskedVectors(floats, 'base64')).toEqual(coded)
    expect(toAskedVectors(coded, 'float')).toEqual(floats)
  })
})

describe('normaliseRerank', () => {
  const context = { adapter: openaiCompatible, model: 'm', headers: {}, fields: { documents: ['a', { text: 'b' }, 'c'] } }
  const ranked = (pairs: [number, number][]) => pairs.map(([index, relevance_score]) => ({ index, relevance_score }))

  it.each([
    [
      'vLLM',
      {
        id: 'x',
        model: 'up',
        usage: { total_tokens: 5 },
        results: [{ index: 1, document: { text: 'b', multi_modal: null }, relevance_score: 0.9 }],
      },
    ],
    ['Infinity', { object: 'rerank', usage: { total_tokens: 5 }, results: [{ index: 1, document: 'b', relevance_score: 0.9 }] }],
    [
      'Xinference',
      { results: [{ index: 1, relevance_score: 0.9, document: null }], meta: { tokens: { input_tokens: 5, output_tokens: 0 } } },
    ],
    ['DashScope native', { output: { results: [{ index: 1, relevance_score: 0.9 }] }, usage: { total_tokens: 5 } }],
    ['SGLang', [{ index: 1, score: 0.9, document: 'b', meta_info: { prompt_tokens: 5 } }]],
  ])('%s', (_name, answer) => {
    expect(normaliseRerank(answer, context)).toMatchObject({ object: 'list', model: 'm', results: [{ index: 1, relevance_score: 0.9 }] })
    expect(readUsage(normaliseRerank(answer, context))?.totalTokens).toBe(5)
  })

  it("takes TEI's bare array and its token count from a header", () => {
    const answer = normaliseRerank(
      [
        { index: 0, score: 0.1 },
        { index: 2, score: 0.7 },
      ],
      { ...context, headers: { 'x-compute-tokens': '9' } },
    )
    expect(answer).toEqual({
      object: 'list',
      model: 'm',
      results: ranked([
        [2, 0.7],
        [0, 0.1],
      ]),
      usage: { total_tokens: 9 },
    })
  })

  it('sorts, breaks ties by index, cuts, and returns texts only when asked', () => {
    const rows = ranked([
      [2, 0.5],
      [0, 0.5],
      [1, 0.9],
    ])
    const answer = normaliseRerank({ results: rows }, { ...context, fields: { ...context.fields, top_n: 2, return_documents: true } })
    expect(answer['results']).toEqual([
      { index: 1, relevance_score: 0.9, document: { text: 'b' } },
      { index: 0, relevance_score: 0.5, document: { text: 'a' } },
    ])
    expect(normaliseRerank({ results: [{ index: 0, relevance_score: 1, document: {} }] }, context)['results']).toEqual(ranked([[0, 1]]))
  })

  it.each([[{ results: [{ index: 3, relevance_score: 1 }] }], [{ results: [{ index: 0 }] }], [{}], ['x']])('refuses %j', (answer) => {
    expect(() => normaliseRerank(answer, context)).toThrow(TypeError)
  })
})

describe('readUsage', () => {
  it.each([
    [{ usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 560 } }, [1, 2, 560]],
    [{ usage: { input_tokens: 1, output_tokens: 2 } }, [1, 2, 3]],
    [{ choices: [{ usage: { prompt_tokens: 1, completion_tokens: 2 } }] }, [1, 2, 3]],
    [{ usage: { total_tokens: 9 } }, [9, 0, 9]],
    [{ usage: { prompt_tokens: -5, completion_tokens: 1e30, total_tokens: Number.NaN } }, [0, 1e9, 1e9]],
  ])('%j', (answer, [promptTokens, completionTokens, totalTokens]) => {
    expect(readUsage(answer)).toEqual({ promptTokens, completionTokens, totalTokens })
  })

  it.each([
    {
      prompt_tokens: 9,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    },
    { input_tokens: 9, output_tokens: 5, input_tokens_details: { cached_tokens: 4 }, output_tokens_details: { reasoning_tokens: 3 } },
    { prompt_tokens: 9, completion_tokens: 5, prompt_cache_hit_tokens: 4, completion_tokens_details: { reasoning_tokens: 3 } },
    { prompt_tokens: 9, completion_tokens: 5, cached_tokens: 4, reasoning_tokens: 3 },
  ])('reads the details of %j', (usage) => {
    const expected = { promptTokens: 9, completionTokens: 5, totalTokens: 14, cachedPromptTokens: 4, reasoningTokens: 3 }
    expect(readUsage({ usage })).toEqual(expected)
  })

  it('is undefined when nothing was told', () => {
    expect([readUsage({}), readUsage({ usage: null }), readUsage([])]).toEqual([undefined, undefined, undefined])
    const seconds = readUsage({ usage: { type: 'duration', seconds: 6 } })
    expect(seconds).toEqual({ promptTokens: 0, completionTokens: 0, totalTokens: 0, audioSeconds: 6 })
  })
})

describe('completionToEvents', () => {
  it('says the same as the whole answer did', () => {
    const usage = { total_tokens: 2 }
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    }
    const events = completionToEvents(
      { id: 'c', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage },
      true,
    )
    const chunks = events
      .toString()
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)) as { choices: { delta: { tool_calls: object[] } }[] })
    expect(chunks.map((chunk) => chunk.choices.length)).toEqual([1, 1, 0])
    expect(chunks[0]?.choices[0]?.delta.tool_calls[0]).toMatchObject({ index: 0, id: 'a' })
    expect(events.toString().endsWith('data: [DONE]\n\n')).toBe(true)
  })
})
