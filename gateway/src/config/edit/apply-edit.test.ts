import { describe, expect, it } from 'vitest'
import { applyEdit, valueAt } from './apply-edit.ts'
import { mergePatch } from '../../lib/merge-patch.ts'
import type { ConfigEdit } from './config-edit.ts'

// RFC 7396, appendix A
it.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched with %j', (target, patch, result) => {
  expect(mergePatch(target, patch)).toEqual(result)
})

describe('an edit', () => {
  const config = { backends: [{ id: 'a', weight: 1 }, { id: 'b' }], keys: [{ name: 'k' }], plain: ['x', 'y'] }
  const apply = (edit: ConfigEdit) => applyEdit(config, edit)

  it('finds items by their names and places', () => {
    expect(apply({ op: 'merge', path: ['backends', { id: 'a' }], value: { weight: 2 } })).toMatchObject({
      backends: [{ id: 'a', weight: 2 }, { id: 'b' }],
    })
    expect(apply({ op: 'put', path: ['plain', 1], value: 'z' })).toMatchObject({ plain: ['x', 'z'] })
    expect(apply({ op: 'put', path: ['plain', 2], value: 'z' })).toMatchObject({ plain: ['x', 'y', 'z'] })
    expect(apply({ op: 'remove', path: ['keys', { name: 'k' }] })).toMatchObject({ keys: [] })
    expect(valueAt(config, ['backends', { id: 'b' }, 'id'])).toBe('b')
  })

  it('makes what is not there, named as the path names it', () => {
    expect(apply({ op: 'merge', path: ['models', { name: 'm' }], value: { x: 1, y: null } })).toMatchObject({
      models: [{ name: 'm', x: 1 }],
    })
    expect(apply({ op: 'put', path: ['services', 'chat', 'retry', 'attempts'], value: 2 })).toMatchObject({
      services: { chat: { retry: { attempts: 2 } } },
    })
  })

  it.each<[ConfigEdit, string]>([
    [{ op: 'remove', path: ['backends', { id: 'c' }] }, 'There is no backends[c]'],
    [{ op: 'put', path: ['backends', 'a'], value: 1 }, 'backends is a list; an item is named by its id, name or place'],
    [{ op: 'put', path: ['plain', 4], value: 1 }, 'plain has only 2 items'],
    [{ op: 'put', path: ['plain', 0, 'x'], value: 1 }, 'plain[0] is no mapping and no list'],
    [{ op: 'put', path: [{ id: 'x' }], value: 1 }, 'the config is a mapping, where a list is needed'],
    [{ op: 'merge', path: [], value: { a: [{ '<<': 1 }] } }, '"<<" is not a possible key'],
  ])('%j is refused', (edit, message) => {
    expect(() => apply(edit)).toThrow(message)
  })
})
