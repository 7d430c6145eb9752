import { expect, test } from 'vitest'
import { functionCall, functionTool, mintedCallId, namedChoice } from './function-tool.ts'

test('a tool with all that it has', () => {
  expect(functionTool({ name: 'f', description: 'd', parameters: { type: 'object' }, strict: false })).toEqual({
    type: 'function',
    function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: false },
  })
  expect(functionTool({ name: 'f', description: 5, parameters: undefined, strict: 'yes' })).toEqual({
    type: 'function',
    function: { name: 'f' },
  })
})

test('choices, calls and ids', () => {
  expect(namedChoice('f')).toEqual({ type: 'function', function: { name: 'f' } })
  expect(functionCall('a', 'f', '{}')).toEqual({ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } })
  expect(mintedCallId({ id: 'r-1' }, 2)).toBe('call_r-1_2')
})
