import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeError } from './decode-error.ts'
import { OVERLOADED } from './fixtures/documented.ts'

const decode = (status: number, body: unknown) => decodeError(status, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

describe('decodeError', () => {
  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [504, 'timeout_error'],
  ])('%d: the type is the code as well', (status, type) => {
    const error = decode(status, { type: 'error', error: { type, message: 'm', details: { error_code: 'x' } }, request_id: 'req_01' })
    expect(error).toEqual({ message: 'm', type, param: undefined, code: type })
  })

  it('reads 529', () => {
    expect(decode(529, OVERLOADED)).toEqual({ message: 'Overloaded', type: 'overloaded_error', param: undefined, code: 'overloaded_error' })
  })

  it.each([
    ['a code of its own', { error: { message: 'm', type: 't', code: 7 } }, { message: 'm', type: 't', code: '7' }],
    ['the frame’s type', { type: 'error', error: 'm' }, { message: 'm' }],
    ['a proxy’s page', '<html><h1>502 Bad Gateway</h1></html>', { message: '502 Bad Gateway' }],
    ['nothing', '', { message: 'The upstream answered 502 without a body' }],
  ])('%s', (_name, body, error) => expect(decode(502, body)).toEqual({ type: undefined, param: undefined, code: undefined, ...error }))

  it('takes any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof decodeError(500, Buffer.from(bytes)).message === 'string'))
  })
})
