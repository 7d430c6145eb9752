import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { RelayedError } from '../../errors/relayed-error.ts'
import { errorBody, errorEventData } from './errors.ts'

const relayed = (status: number, param?: string) => new RelayedError(status, { message: 'm', type: 'SomeError', param, code: '1214' })

describe('errorBody', () => {
  it('has the shape that the SDK reads', () => {
    const error = new GatewayError('model_not_found', 'No such model')
    expect(errorBody(error, 'req-1')).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: 'No such model', details: { error_code: 'model_not_found' } },
      request_id: 'req-1',
    })
    expect(errorEventData(error)).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: 'No such model', details: { error_code: 'model_not_found' } },
    })
  })

  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [405, 'invalid_request_error'],
    [408, 'timeout_error'],
    [413, 'request_too_large'],
    [415, 'invalid_request_error'],
    [422, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [499, 'invalid_request_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [503, 'overloaded_error'],
    [504, 'timeout_error'],
    [508, 'api_error'],
    [529, 'overloaded_error'],
  ])('%i → %s', (status, type) => {
    expect(errorEventData(relayed(status))).toEqual({ type: 'error', error: { type, message: 'm', details: { error_code: '1214' } } })
  })

  it.each([
    ['invalid_api_key', 'authentication_error'],
    ['model_not_allowed', 'permission_error'],
    ['rate_limit_exceeded', 'rate_limit_error'],
    ['internal_error', 'api_error'],
    ['stream_interrupted', 'api_error'],
    ['no_healthy_instance', 'overloaded_error'],
    ['circuit_open', 'overloaded_error'],
    ['upstream_timeout', 'timeout_error'],
  ] as const)('%s → %s', (code, type) => {
    expect(errorEventData(new GatewayError(code, 'm'))).toEqual({
      type: 'error',
      error: { type, message: 'm', details: { error_code: code } },
    })
  })

  it('names the field, once', () => {
    expect(errorEventData(relayed(400, 'temperature'))).toMatchObject({ error: { message: 'temperature: m' } })
    const named = new GatewayError('missing_field', 'The field "max_tokens" is missing', { param: 'max_tokens' })
    expect(errorEventData(named)).toMatchObject({ error: { message: 'The field "max_tokens" is missing' } })
  })

  it('has no details where there is no code', () => {
    const error = new RelayedError(400, { message: 'm', type: undefined, param: undefined, code: undefined })
    expect(errorEventData(error)).toEqual({ type: 'error', error: { type: 'invalid_request_error', message: 'm' } })
  })
})
