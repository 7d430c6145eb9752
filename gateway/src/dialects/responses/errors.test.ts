import { expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { RelayedError } from '../../errors/relayed-error.ts'
import { errorBody, errorEvent, responseError } from './errors.ts'

const refused = new GatewayError('invalid_field', 'No', { param: 'tools[0].type' })
const bare = new RelayedError(500, { message: 'm', type: 'T', param: undefined, code: undefined })

it("answers in OpenAI's shape", () => {
  expect(errorBody(refused)).toEqual({
    error: { message: 'No', type: 'invalid_request_error', param: 'tools[0].type', code: 'invalid_field' },
  })
  expect(errorBody(bare)).toEqual({ error: { message: 'm', type: 'T', param: null, code: null } })
})

it('says it twice in a stream', () => {
  expect(errorEvent(refused)).toEqual({
    type: 'error',
    code: 'invalid_field',
    message: 'No',
    param: 'tools[0].type',
    error: { type: 'invalid_request_error', code: 'invalid_field', message: 'No', param: 'tools[0].type' },
  })
  expect(errorEvent(bare)).toEqual({
    type: 'error',
    code: null,
    message: 'm',
    param: null,
    error: { type: 'T', code: null, message: 'm', param: null },
  })
})

it.each([
  [400, 'invalid_prompt'],
  [428, 'invalid_prompt'],
  [429, 'rate_limit_exceeded'],
  [430, 'invalid_prompt'],
  [499, 'invalid_prompt'],
  [500, 'server_error'],
  [503, 'server_error'],
])('%i → %s', (status, code) => {
  expect(responseError(new RelayedError(status, { message: 'm', type: 'T', param: undefined, code: 'x' }))).toEqual({ code, message: 'm' })
})
