import { expect, it } from 'vitest'
import { toDoneReason } from './done-reason.ts'

it.each([
  ['stop', 'stop'],
  ['tool_calls', 'stop'],
  ['function_call', 'stop'],
  ['content_filter', 'stop'],
  ['eos_token', 'stop'],
  ['', 'stop'],
  ['length', 'length'],
  ['error', undefined],
  ['abort', undefined],
  ['insufficient_system_resource', undefined],
  ['network_error', undefined],
])('%s → %s', (reason, expected) => expect(toDoneReason(reason)).toBe(expected))
