import { expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { RelayedError } from '../../errors/relayed-error.ts'
import { errorBody } from './errors.ts'

it.each([
  ['a text alone', new GatewayError('overloaded', 'Too much to do'), 'Too much to do'],
  [
    'a field that the text names',
    new GatewayError('missing_field', 'The field "model" is missing', { param: 'model' }),
    'The field "model" is missing',
  ],
  ['a field that it does not', new GatewayError('invalid_field', 'Too long', { param: 'input[2]' }), 'input[2]: Too long'],
  [
    "a backend's own refusal",
    new RelayedError(400, { message: 'prompt is too long', type: 'x', param: undefined, code: '1' }),
    'prompt is too long',
  ],
])('%s', (_name, error, expected) => expect(errorBody(error)).toEqual({ error: expected }))
