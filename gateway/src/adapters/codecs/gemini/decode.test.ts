import { describe, expect, test } from 'vitest'
import { CodecFailure, CodecMismatch } from '../codec.ts'
import { BLOCKED_PROMPT, OVERLOADED, TEXT_ANSWER } from './fixtures/answers.ts'
import { chatContext, completionContext, refusedParam } from './fixtures/contexts.ts'
import { geminiCodec } from './gemini.ts'

const envelope = { id: 'chatcmpl-r-1', object: 'chat.completion', created: 1_700_000_000, model: 'smart' }
const answerOf = (parts: unknown, rest: object = {}) => ({ candidates: [{ content: { parts }, finishReason: 'STOP', ...rest }] })
const choicesOf = (answer: unknown, fields: object = {}) => geminiCodec.decode(answer, chatContext({ ...fields }))['choices']
const choice = (message: object, reason = 'stop') => [
  { index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason: reason },
]

test('text, thoughts and usage', () => {
  expect(geminiCodec.decode(TEXT_ANSWER, chatContext())).toEqual({
    ...envelope,
    choices: choice({ content: 'Hi there', reasoning_content: 'Let me see. ' }),
    usage: {
      prompt_tokens: 9,
      completion_tokens: 25,
      total_tokens: 34,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
  })
})

test('a completion', () => {
  expect(geminiCodec.decode(TEXT_ANSWER, completionContext())).toEqual({
    id: 'cmpl-r-1',
    object: 'text_completion',
    created: 1_700_000_000,
    model: 'smart',
    choices: [{ index: 0, text: 'Hi there', logprobs: null, finish_reason: 'stop' }],
    usage: expect.objectContaining({ total_tokens: 34 }),
  })
})

test('a blocked prompt', () => {
  expect(geminiCodec.decode(BLOCKED_PROMPT, chatContext())).toEqual({
    ...envelope,
    choices: choice({ content: null, refusal: 'The prompt was blocked: PROHIBITED_CONTENT' }, 'content_filter'),
    usage: {
      prompt_tokens: 9,
      completion_tokens: 0,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  })
  expect(geminiCodec.decode({ candidates: [], promptFeedback: { blockReason: 'OTHER' } }, completionContext())['choices']).toEqual([
    { index: 0, text: '', logprobs: null, finish_reason: 'content_filter' },
  ])
})

test('feedback on a prompt that was not blocked', () => {
  expect(choicesOf({ ...answerOf([{ text: 'a' }]), promptFeedback: { blockReason: 'SAFETY' } })).toEqual(choice({ content: 'a' }))
  expect(choicesOf({ ...answerOf([{ text: 'a' }]), promptFeedback: { safetyRatings: [] } })).toEqual(choice({ content: 'a' }))
})

test.each([[undefined], [{}], [{ role: 'model' }], [{ parts: [] }], [{ parts: [{ text: '' }] }]])('no parts: %j', (content) => {
  expect(choicesOf({ candidates: [{ content, finishReason: 'MAX_TOKENS' }] })).toEqual(choice({ content: '' }, 'length'))
})

describe('calls', () => {
  const parts = [
    { functionCall: { name: 'a' }, thoughtSignature: 'sig' },
    { functionCall: { id: 'own', name: 'b', args: { city: 'Oslo' } } },
    { functionCall: { id: '', name: 'c', args: null } },
  ]
  const first = {
    id: 'call_r-1_0',
    type: 'function',
    function: { name: 'a', arguments: '{}' },
    extra_content: { google: { thought_signature: 'sig' } },
  }

  test('with ids, Gemini’s or our own', () => {
    expect(choicesOf(answerOf(parts))).toEqual(
      choice(
        {
          content: null,
          tool_calls: [
            first,
            { id: 'own', type: 'function', function: { name: 'b', arguments: '{"city":"Oslo"}' } },
            { id: 'call_r-1_1', type: 'function', function: { name: 'c', arguments: '{}' } },
          ],
        },
        'tool_calls',
      ),
    )
  })

  test('one at most, where the client wants one', () => {
    expect(choicesOf(answerOf(parts), { parallel_tool_calls: false })).toEqual(choice({ content: null, tool_calls: [first] }, 'tool_calls'))
  })

  test('after a text', () => {
    const call = { id: 'x', type: 'function', function: { name: 'a', arguments: '{}' } }
    expect(choicesOf(answerOf([{ text: 'wait' }, { functionCall: { id: 'x', name: 'a' } }]))).toEqual(
      choice({ content: 'wait', tool_calls: [call] }, 'tool_calls'),
    )
  })

  test('one that is still open is what there is of it', () => {
    expect(
      choicesOf(answerOf([{ functionCall: { id: 'x', name: 'a', args: { n: 1 }, willContinue: true } }], { finishReason: 'MAX_TOKENS' })),
    ).toEqual(
      choice({ content: null, tool_calls: [{ id: 'x', type: 'function', function: { name: 'a', arguments: '{"n":1}' } }] }, 'length'),
    )
  })

  test.each([
    [{ functionCall: null }],
    [{ functionCall: { args: {} } }],
    [{ functionCall: { name: 'a', args: [1] } }],
    [{ functionCall: { partialArgs: [] } }],
  ])('%j makes no sense', (part) => {
    expect(() => choicesOf(answerOf([part]))).toThrow(CodecMismatch)
  })

  test('an empty call without a name says nothing', () => {
    expect(choicesOf(answerOf([{ functionCall: {} }, { text: 'a' }]))).toEqual(choice({ content: 'a' }))
  })
})

test('pictures and signatures; code that Gemini ran is passed over', () => {
  const parts = [
    { inlineData: { mimeType: 'image/png', data: 'AA' }, thoughtSignature: 'image-sig' },
    { inlineData: { mimeType: 'image/png', data: 'BB' } },
    { inlineData: { mimeType: 'image/png', data: 'CC' }, thought: true },
    { inlineData: { data: 'DD' } },
    { executableCode: { code: '1' } },
    { text: 'a', thoughtSignature: 'first' },
    { text: '', thoughtSignature: 'last' },
    'x',
  ]
  expect(choicesOf(answerOf(parts))).toEqual(
    choice({
      content: 'a',
      images: [
        {
          type: 'image_url',
          image_url: { url: 'data:image/png;base64,AA' },
          extra_content: { google: { thought_signature: 'image-sig' } },
        },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,BB' } },
      ],
      extra_content: { google: { thought_signature: 'last' } },
    }),
  )
})

test('several candidates, with and without an index; ids of calls are apart', () => {
  const candidates = [
    { content: { parts: [{ functionCall: { name: 'a' } }] }, finishReason: 'STOP', index: 1 },
    { content: { parts: [{ functionCall: { name: 'b' } }] }, finishReason: 'STOP' },
  ]
  const call = (id: string, name: string) => ({ tool_calls: [{ id, type: 'function', function: { name, arguments: '{}' } }] })
  expect(choicesOf({ candidates: [candidates[0], { ...candidates[1], index: 0 }] })).toMatchObject([
    { index: 1, message: call('call_r-1_0', 'a') },
    { index: 0, message: call('call_r-1_1', 'b') },
  ])
  expect(choicesOf({ candidates: [{ ...candidates[0], index: undefined }, candidates[1]] })).toMatchObject([{ index: 0 }, { index: 1 }])
})

test('log probabilities', () => {
  const logprobsResult = {
    chosenCandidates: [{ token: 'ü', tokenId: 1, logProbability: -0.5 }, { token: 'b' }],
    topCandidates: [
      {
        candidates: [
          { token: 'ü', logProbability: -0.5 },
          { token: 'c', logProbability: -2 },
        ],
      },
    ],
  }
  expect(choicesOf(answerOf([{ text: 'üb' }], { logprobsResult }))).toEqual([
    {
      ...choice({ content: 'üb' })[0],
      logprobs: {
        content: [
          {
            token: 'ü',
            logprob: -0.5,
            bytes: [195, 188],
            top_logprobs: [
              { token: 'ü', logprob: -0.5, bytes: [195, 188] },
              { token: 'c', logprob: -2, bytes: [99] },
            ],
          },
          { token: 'b', logprob: 0, bytes: [98], top_logprobs: [] },
        ],
        refusal: null,
      },
    },
  ])
  expect(choicesOf(answerOf([{ text: 'a' }], { logprobsResult: {} }))).toEqual(choice({ content: 'a' }))
})

test('failures', () => {
  expect(() => choicesOf(OVERLOADED)).toThrow(CodecFailure)
  expect(() => choicesOf([OVERLOADED])).toThrow(CodecFailure)
  expect(() => choicesOf(answerOf([{ text: 'a' }], { finishReason: 'MALFORMED_FUNCTION_CALL' }))).toThrow(
    new CodecFailure({
      message: 'The model stopped without an answer: MALFORMED_FUNCTION_CALL',
      type: 'upstream_error',
      param: undefined,
      code: 'malformed_function_call',
    }),
  )
})

test.each([
  [null],
  ['x'],
  [{}],
  [{ candidates: [] }],
  [{ candidates: ['x'] }],
  [{ candidates: [{ content: { parts: [{ text: 'a' }] } }] }],
])('%j makes no sense', (answer) => {
  expect(() => choicesOf(answer)).toThrow(CodecMismatch)
})

test('other endpoints', () => {
  const context = { ...chatContext(), endpoint: 'rerank' as const }
  expect(refusedParam(() => geminiCodec.decode({}, context))).toBe('model')
  expect(geminiCodec.createStreamDecoder(context)).toBe(undefined)
})
