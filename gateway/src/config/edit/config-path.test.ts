import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatWrittenPath, jsonPointer, parseWrittenPath, writtenAt } from './config-path.ts'

const config = { backends: [{ id: 'gpu-1', weight: 3 }], models: [{ name: 'a]b' }], adapters: { 'x y': { label: 'l' } }, list: ['p', 'q'] }

describe('a path into a written config', () => {
  it.each([
    ['backends[gpu-1].weight', 3, '/backends/0/weight'],
    ['backends[0].weight', 3, '/backends/0/weight'],
    ['models["a]b"].name', 'a]b', '/models/0/name'],
    ['adapters["x y"].label', 'l', '/adapters/x y/label'],
    ['list[1]', 'q', '/list/1'],
    ['backends[none].weight', undefined, '/backends/none/weight'],
  ])('%s', (text, value, pointer) => {
    const path = parseWrittenPath(text) ?? []
    expect(writtenAt(config, path)).toBe(value)
    expect(jsonPointer(path, config)).toBe(pointer)
  })

  it.each(['a..b', '[', 'a[', 'a[]', 'a b', 'a["x]', '.a'])('%s is none', (text) => {
    expect(parseWrittenPath(text)).toBeUndefined()
  })

  it('is read as it was written', () => {
    const name = fc.oneof(fc.constantFrom('a', 'a/b', 'gpu-1', '7', ' ', ']', '"', 'x.y'), fc.string({ minLength: 1, maxLength: 6 }))
    const step = fc.oneof(
      fc.constantFrom('a', 'b-c', 'x_1').map((key) => ({ key })),
      fc.nat(9).map((item) => ({ item })),
      name.map((item) => ({ item })),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (path) => {
        expect(parseWrittenPath(formatWrittenPath(path))).toEqual(path)
      }),
    )
  })

  it('is a pointer with its own escapes', () => {
    expect(jsonPointer([{ key: 'a/b' }, { key: '~' }])).toBe('/a~1b/~0')
  })
})
