import { expect, test } from 'vitest'
import { errorInside, refuseErrorBody } from './error-in-answer.ts'

const ERROR = { message: 'm', type: 't', param: undefined, code: undefined }

test('reads the error that stands where an answer should, by the reader that is given', () => {
  expect(errorInside({ error: { message: 'm', type: 't' } })).toEqual(ERROR)
  const seen: unknown[] = []
  const read = (status: number, body: Buffer) => {
    seen.push([status, body.toString()])
    return ERROR
  }
  expect(errorInside({ a: 1 }, read)).toBe(ERROR)
  expect(seen).toEqual([[200, '{"a":1}']])
})

test('fails with an answer that is one', () => {
  expect(() => refuseErrorBody({ error: { message: 'm', type: 't' } })).toThrow(
    expect.objectContaining({ name: 'CodecFailure', message: 'm', error: ERROR }),
  )
  for (const answer of [{}, { error: '' }, { choices: [{}], error: 'x' }, [], 'x', null]) expect(refuseErrorBody(answer)).toBe(undefined)
})
