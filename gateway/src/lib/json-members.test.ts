import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editMembers, scanMembers, type Edit } from './json-members.ts'

const scan = (text: string) => scanMembers(Buffer.from(text), 64)
const edit = (text: string, edits: Edit[]) => editMembers(Buffer.from(text), scan(text), edits).toString()

describe('scanMembers', () => {
  it('gives the exact bytes of each top-level value', () => {
    const text = ' { "model" : "a\\"b" ,\n"n":-1.5e3, "deep":{"model":"x","l":[1,{"y":2}]} ,"t":true,"s":[] } '
    const found = scan(text).members.map((member) => [member.key, text.slice(member.valueStart, member.valueEnd)])
    expect(found).toEqual([
      ['model', '"a\\"b"'],
      ['n', '-1.5e3'],
      ['deep', '{"model":"x","l":[1,{"y":2}]}'],
      ['t', 'true'],
      ['s', '[]'],
    ])
  })

  it('decodes escaped keys, so that a key cannot hide', () => {
    expect(scan('{"mod\\u0065l":1}').members[0]?.key).toBe('model')
  })

  it('agrees with JSON.parse on any object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 })),
        fc.constantFrom(undefined, 1, '\t'),
        (object, indent) => {
          const bytes = Buffer.from(JSON.stringify(object, null, indent))
          const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>
          if (JSON.stringify(object).includes('"__proto__"')) return
          const found = scanMembers(bytes, 64).members
          for (const member of found)
            expect(JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd))).toEqual(parsed[member.key])
          expect(new Set(found.map((member) => member.key))).toEqual(new Set(Object.keys(parsed)))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('refuses depth beyond the limit and __proto__ as a key at any level, but not as text', () => {
    expect(() => scan(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`)).toThrow('nested deeper than 64')
    expect(() => scan('{"a":[{"__proto__" : {}}]}')).toThrow('__proto__')
    expect(scan('{"a":"__proto__"}').members).toHaveLength(1)
  })
})

describe('editMembers', () => {
  it('replaces a value and keeps every other byte', () => {
    expect(edit('{ "x" :1.0,  "model":"a" , "y":"é"}', [{ kind: 'set', key: 'model', json: '"b/c"' }])).toBe(
      '{ "x" :1.0,  "model":"b/c" , "y":"é"}',
    )
  })

  it('adds a missing field at the front, also into an empty object', () => {
    expect(edit('{"a":1}', [{ kind: 'set', key: 'b', json: '2' }])).toBe('{"b":2,"a":1}')
    expect(edit('{}', [{ kind: 'set', key: 'b', json: '2' }])).toBe('{"b":2}')
    expect(
      edit('{}', [
        { kind: 'set', key: 'b', json: '2' },
        { kind: 'set', key: 'c', json: '3' },
      ]),
    ).toBe('{"b":2,"c":3}')
  })

  it('does any mix of edits as JSON semantics say', () => {
    const value = fc.jsonValue({ maxDepth: 2 }).filter((json) => !JSON.stringify(json).includes('__proto__'))
    const keys = ['a', 'b', 'c', 'd']
    const object = fc.dictionary(fc.constantFrom(...keys), value)
    const action = fc.constantFrom('set', 'drop', 'rename', 'none')
    fc.assert(
      fc.property(object, fc.tuple(action, action, action, action), fc.constantFrom(undefined, 2), (before, actions, indent) => {
        const expected: Record<string, unknown> = { ...before }
        const edits = keys.flatMap((key, index): Edit[] => {
          const kind = actions[index]
          if (kind === 'set') {
            expected[key] = [key]
            return [{ kind, key, json: JSON.stringify([key]) }]
          }
          if (kind === 'none') return []
          if (kind === 'rename' && key in before) expected[`${key}2`] = before[key]
          delete expected[key]
          return kind === 'rename' ? [{ kind, key, to: `${key}2` }] : [{ kind: 'drop', key }]
        })
        expect(JSON.parse(edit(JSON.stringify(before, null, indent), edits))).toEqual(JSON.parse(JSON.stringify(expected)))
      }),
      { numRuns: 500 },
    )
  })
})
