import { describe, expect, it } from 'vitest'
import { encodeFormat } from './answer-format.ts'

describe('encodeFormat', () => {
  it('is the word json, a bare schema, or nothing', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    expect(encodeFormat({ type: 'json_object' })).toBe('json')
    expect(encodeFormat({ type: 'json_schema', json_schema: { name: 'n', description: 'd', strict: true, schema } })).toBe(schema)
    expect(encodeFormat({ type: 'text' })).toBeUndefined()
    expect(encodeFormat(undefined)).toBeUndefined()
    expect(encodeFormat(null)).toBeUndefined()
  })

  it.each<[unknown, string]>([
    [{ type: 'grammar' }, 'response_format.type'],
    [{}, 'response_format'],
    ['json', 'response_format'],
    [[], 'response_format'],
  ])('%j is refused', (format, param) => {
    expect(() => encodeFormat(format)).toThrow(
      expect.objectContaining({
        name: 'CodecRefusal',
        param,
        message: 'The field "response_format" must be of type text, json_object or json_schema',
      }),
    )
  })

  it.each([[{}], [{ schema: 'x' }], [undefined]])('a schema of %j is refused', (wrapped) => {
    expect(() => encodeFormat({ type: 'json_schema', json_schema: wrapped })).toThrow(
      expect.objectContaining({
        name: 'CodecRefusal',
        param: 'response_format.json_schema.schema',
        message: 'The field "response_format.json_schema.schema" must be an object',
      }),
    )
  })
})
