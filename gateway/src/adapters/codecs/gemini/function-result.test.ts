import { expect, test } from 'vitest'
import { toFunctionResponse } from './function-result.ts'

test.each([
  ['{"a":1,"b":[null]}', { a: 1, b: [null] }],
  [' {"a":1}', { a: 1 }],
  ['', { result: '' }],
  ['3 C', { result: '3 C' }],
  ['[1]', { result: '[1]' }],
  ['7', { result: '7' }],
  ['{"a":', { result: '{"a":' }],
  ['{"id":123456789012345}', { id: 123_456_789_012_345 }],
  ['{"id":1234567890123456}', { result: '{"id":1234567890123456}' }],
  ['{"x":1e99}', { x: 1e99 }],
  ['{"x":1E+400}', { result: '{"x":1E+400}' }],
  ['{"x":1e400}', { result: '{"x":1e400}' }],
  ['{"$ref":"#/$defs/a"}', { result: '{"$ref":"#/$defs/a"}' }],
])('the result %s', (content, response) => {
  expect(toFunctionResponse({ id: 'x', name: 'f', content, param: 'c' }, true)).toEqual({
    response: { functionResponse: { id: 'x', name: 'f', response } },
    beside: [],
  })
})

test('a result without an id and without content', () => {
  expect(toFunctionResponse({ id: undefined, name: 'f', content: null, param: 'c' }, false)).toEqual({
    response: { functionResponse: { name: 'f', response: { result: '' } } },
    beside: [],
  })
})
