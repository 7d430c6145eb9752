import { expect, test } from 'vitest'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { BAD_KEY } from './fixtures/answers.ts'
import { chatCall, chatContext, refusedParam } from './fixtures/contexts.ts'
import { geminiCodec } from './gemini.ts'

const encode = (fields: object) => geminiCodec.encode({ ...chatCall({ ...fields }, 'gemini-embedding-001'), endpoint: 'embedding' })
const context = (input: unknown): AnswerContext => ({ ...chatContext({ input }), endpoint: 'embedding' })
const model = 'models/gemini-embedding-001'

test('a batch, also of one', () => {
  expect(
    encode({ input: ['a', ''], dimensions: 768, task_type: 'RETRIEVAL_QUERY', title: 't', encoding_format: 'base64', user: 'u' }),
  ).toEqual({
    path: '/v1beta/models/gemini-embedding-001:batchEmbedContents',
    body: {
      requests: ['a', ''].map((text) => ({
        model,
        content: { parts: [{ text }] },
        outputDimensionality: 768,
        taskType: 'RETRIEVAL_QUERY',
        title: 't',
      })),
    },
  })
  expect(encode({ input: 'a', dimensions: null, taskType: 'CLUSTERING', task_type: null }).body).toEqual({
    requests: [{ model, content: { parts: [{ text: 'a' }] }, taskType: 'CLUSTERING' }],
  })
})

test.each([[undefined], [[]], [[1, 2]], [[[1], [2]]], [['a', 1]], [5]])('refuses the input %j', (input) => {
  expect(refusedParam(() => encode({ input }))).toBe('input')
})

test('vectors in their order, with the tokens where they are told', () => {
  const answer = { embeddings: [{ values: [0.5, 1] }, { values: [-0.5] }], usageMetadata: { promptTokenCount: 12 } }
  expect(geminiCodec.decode(answer, context(['a', 'b']))).toEqual({
    object: 'list',
    data: [
      { object: 'embedding', index: 0, embedding: [0.5, 1] },
      { object: 'embedding', index: 1, embedding: [-0.5] },
    ],
    model: 'smart',
    usage: { prompt_tokens: 12, total_tokens: 12 },
  })
})

test('the answer of embedContent, without tokens', () => {
  expect(geminiCodec.decode({ embedding: { values: [1] } }, context('a'))).toEqual({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [1] }],
    model: 'smart',
    usage: { prompt_tokens: 0, total_tokens: 0 },
  })
})

test.each([
  [{ embeddings: [{ values: [1] }] }, ['a', 'b']],
  [{ embeddings: [{ values: [1] }, { values: [1] }] }, 'a'],
  [{ embeddings: [{}] }, 'a'],
  [{ embeddings: [1] }, 'a'],
  [{}, 'a'],
  ['x', 'a'],
])('%j makes no sense for %j', (answer, input) => {
  expect(() => geminiCodec.decode(answer, context(input))).toThrow(CodecMismatch)
})

test('an error in a 200; no streams', () => {
  expect(() => geminiCodec.decode(BAD_KEY, context('a'))).toThrow(CodecFailure)
  expect(geminiCodec.createStreamDecoder(context('a'))).toBe(undefined)
})
