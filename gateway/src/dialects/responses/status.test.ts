import { expect, it } from 'vitest'
import { endingOf } from './status.ts'

it.each([
  ['length', { status: 'incomplete', reason: 'max_output_tokens' }],
  ['model_length', { status: 'incomplete', reason: 'max_output_tokens' }],
  ['content_filter', { status: 'incomplete', reason: 'content_filter' }],
  ['sensitive', { status: 'incomplete', reason: 'content_filter' }],
  ['stop', { status: 'completed' }],
  ['tool_calls', { status: 'completed' }],
  ['function_call', { status: 'completed' }],
  ['something_new', { status: 'completed' }],
  ['', { status: 'completed' }],
])('%s', (reason, ending) => expect(endingOf(reason)).toEqual(ending))
