import { expect, test } from 'vitest'
import { CodecFailure, CodecMismatch } from '../codec.ts'
import { answerOf, decodeError, errorOf, hasError } from './errors.ts'
import { BAD_KEY, OVERLOADED, RATE_LIMITED } from './fixtures/answers.ts'

const decode = (status: number, json: unknown) => decodeError(status, Buffer.from(JSON.stringify(json)))

test('a refused key, also in an array', () => {
  const said = {
    message: 'API key not valid. Please pass a valid API key.',
    type: 'INVALID_ARGUMENT',
    param: undefined,
    code: 'invalid_api_key',
  }
  expect(decode(400, BAD_KEY)).toEqual(said)
  expect(decode(400, [BAD_KEY])).toEqual(said)
  expect(decodeError(400, Buffer.from(`\ufeff${JSON.stringify(BAD_KEY)}`))).toEqual(said)
})

test('a quota, with the time to wait', () => {
  expect(decode(429, RATE_LIMITED)).toEqual({
    message: 'You exceeded your current quota, please check your plan.',
    type: 'RESOURCE_EXHAUSTED',
    param: undefined,
    code: 'rate_limit_exceeded',
    retryAfterMs: 34_400,
  })
})

const withDetails = (status: string, details: unknown, message = 'm') => ({ error: { code: 400, message, status, details } })
test.each([
  [
    withDetails('RESOURCE_EXHAUSTED', [{ violations: [{}, { quotaId: 'RequestsPerMinute' }, { quotaId: 'RequestsPerDay-Free' }] }]),
    'insufficient_quota',
  ],
  [withDetails('RESOURCE_EXHAUSTED', [{ violations: 'x' }, { violations: ['y'] }]), 'rate_limit_exceeded'],
  [withDetails('RESOURCE_EXHAUSTED', undefined), 'rate_limit_exceeded'],
  [withDetails('NOT_FOUND', []), 'model_not_found'],
  [withDetails('PERMISSION_DENIED', [{}, { reason: 'SERVICE_DISABLED' }]), 'SERVICE_DISABLED'],
  [withDetails('INVALID_ARGUMENT', [1]), undefined],
  [
    withDetails('INVALID_ARGUMENT', [], 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'),
    'context_length_exceeded',
  ],
])('the code of %j', (json, code) => {
  expect(decode(400, json).code).toBe(code)
})

test.each([
  ['34s', 34_000],
  ['0.0001s', 1],
  ['0s', 0],
  ['300s', 300_000],
  ['300.001s', 300_000],
  ['999999999.999999999s', 300_000],
  ['-1s', undefined],
  ['34', undefined],
  ['1m', undefined],
  [34, undefined],
])('the delay %j', (retryDelay, retryAfterMs) => {
  expect(decode(429, withDetails('UNAVAILABLE', [{}, { retryDelay }])).retryAfterMs).toBe(retryAfterMs)
})

test('the number of an error is its code in a 200 alone', () => {
  const said = { message: 'The model is overloaded. Please try again later.', type: 'UNAVAILABLE', param: undefined }
  expect(decode(503, OVERLOADED)).toEqual({ ...said, code: undefined })
  expect(decode(300, OVERLOADED)).toEqual({ ...said, code: undefined })
  expect(decode(299, OVERLOADED)).toEqual({ ...said, code: '503' })
  expect(errorOf(OVERLOADED)).toEqual({ ...said, code: '503' })
})

test.each([
  ['', 'The upstream answered 502 without a body'],
  ['<html><h1>Bad Gateway</h1></html>', 'Bad Gateway'],
  ['[]', 'The upstream answered 502 without a body'],
  ['{"error":"text"}', 'text'],
  ['{"error":', '{"error":'],
])('any bytes give a message: %j', (body, message) => {
  const said = decodeError(502, Buffer.from(body))
  expect(said.code).toBe(undefined)
  expect(said.message).toBe(body === '[]' ? '[]' : message)
})

test('an answer', () => {
  expect(answerOf({ a: 1 })).toEqual({ a: 1 })
  expect(answerOf([{ a: 1 }])).toEqual({ a: 1 })
  for (const wrong of [undefined, null, 1, 'x', [], [{}, {}], [[]]]) expect(() => answerOf(wrong)).toThrow(CodecMismatch)
  for (const failed of [OVERLOADED, [OVERLOADED]]) expect(() => answerOf(failed)).toThrow(new CodecFailure(errorOf(OVERLOADED)))
})

test.each([
  [{ error: { message: 'x' } }, true],
  [{ error: 'x' }, true],
  [{ error: {} }, false],
  [{ error: '' }, false],
  [{ error: null }, false],
  [{}, false],
])('%j has an error: %j', (json, expected) => {
  expect(hasError(json)).toBe(expected)
})
