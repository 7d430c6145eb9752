import { expect, test } from 'vitest'
import { ANY_JSON, schemaFormat, STREAMED } from './generation-fields.ts'

test('formats of an answer, and a stream that tells its tokens', () => {
  expect(ANY_JSON).toEqual({ response_format: { type: 'json_object' } })
  expect(schemaFormat({ schema: { a: 1 }, strict: true })).toEqual({
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { a: 1 }, strict: true } },
  })
  expect(schemaFormat({ name: 'n', schema: {} })).toEqual({
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
  })
  expect(STREAMED).toEqual({ stream: true, stream_options: { include_usage: true } })
})
