import { expect, test } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { errorText } from './error-text.ts'

test.each([
  ['Too long', 'input[2]', 'input[2]: Too long'],
  ['The field "model" is missing', 'model', 'The field "model" is missing'],
  ['Too much to do', undefined, 'Too much to do'],
])('%s of %s', (message, param, text) => {
  expect(errorText(new GatewayError('invalid_field', message, param === undefined ? {} : { param }))).toBe(text)
})
