import { expect, test } from 'vitest'
import { readResponseFormat } from './response-format.ts'

test.each([
  [undefined, { kind: 'text' }],
  [null, { kind: 'text' }],
  [{ type: 'text' }, { kind: 'text' }],
  [{ type: 'json_object' }, { kind: 'json' }],
  [
    { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    { kind: 'schema', schema: {}, described: { name: 'n', schema: {} } },
  ],
])('%j', (format, wanted) => {
  expect(readResponseFormat(format)).toEqual(wanted)
})

const TYPES = 'The field "response_format" must be of type text, json_object or json_schema'
const NO_SCHEMA = 'The field "response_format.json_schema.schema" must be an object'

test.each([
  ['json', 'response_format', TYPES],
  [[], 'response_format', TYPES],
  [{}, 'response_format', TYPES],
  [{ type: 5 }, 'response_format', TYPES],
  [{ type: 'grammar' }, 'response_format.type', TYPES],
  [{ type: 'json_schema' }, 'response_format.json_schema.schema', NO_SCHEMA],
  [{ type: 'json_schema', json_schema: { schema: 'x' } }, 'response_format.json_schema.schema', NO_SCHEMA],
])('refuses %j', (format, param, message) => {
  expect(() => readResponseFormat(format)).toThrow(expect.objectContaining({ name: 'CodecRefusal', param, message }))
})
