import { expect, test } from 'vitest'
import { finishOf } from './finish-reason.ts'

test.each([
  ['stop', 'stop'],
  ['tool_calls', 'stop'],
  ['function_call', 'stop'],
  ['brand_new', 'stop'],
  ['', 'stop'],
  ['length', 'length'],
  ['model_length', 'length'],
  ['content_filter', 'filtered'],
  ['sensitive', 'filtered'],
  ['error', 'failed'],
  ['abort', 'failed'],
  ['insufficient_system_resource', 'failed'],
  ['network_error', 'failed'],
])('%s is %s', (reason, finish) => {
  expect(finishOf(reason)).toBe(finish)
})
