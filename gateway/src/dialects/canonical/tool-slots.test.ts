import { describe, expect, it } from 'vitest'
import type { ToolCallPart } from './answer-parts.ts'
import { createToolSlots } from './tool-slots.ts'

const part = (fields: Partial<ToolCallPart>): ToolCallPart => ({ index: undefined, id: '', name: '', arguments: '', ...fields })
const callsOf = (...parts: readonly Partial<ToolCallPart>[]) => {
  const slots = createToolSlots()
  for (const one of parts) slots.add(part(one))
  return slots.all().map(({ id, name, arguments: text }) => [id, name, text])
}

describe('which call a delta belongs to', () => {
  it.each<[string, readonly Partial<ToolCallPart>[], readonly (readonly string[])[]]>([
    [
      'by index, in any order',
      [
        { index: 1, name: 'g', arguments: '{' },
        { index: 0, name: 'f', arguments: '{}' },
        { index: 1, arguments: '}' },
      ],
      [
        ['', 'g', '{}'],
        ['', 'f', '{}'],
      ],
    ],
    [
      'by index, though its id changes',
      [
        { index: 0, id: 'a', name: 'f', arguments: '{' },
        { index: 0, id: 'b', name: 'f', arguments: '}' },
        { index: 0, id: 'c', arguments: ' ' },
      ],
      [['a', 'f', '{} ']],
    ],
    [
      'by index, though its name comes again',
      [
        { index: 0, name: 'f', arguments: '{}' },
        { index: 0, name: 'f' },
      ],
      [['', 'f', '{}']],
    ],
    [
      'the next of the same index: a new id and a name after a whole call',
      [
        { index: 0, id: 'a', name: 'f', arguments: '{}' },
        { index: 0, id: 'b', name: 'f', arguments: '{}' },
        { index: 0, arguments: ' ' },
      ],
      [
        ['a', 'f', '{}'],
        ['b', 'f', '{} '],
      ],
    ],
    ['the first, of nothing', [{ arguments: '{}' }], [['', '', '{}']]],
    ['the last, where nothing is told', [{ name: 'f' }, { arguments: '{' }, { arguments: '}' }], [['', 'f', '{}']]],
    [
      'the last, by a name that comes again before its end',
      [
        { name: 'f', arguments: '{' },
        { name: 'f', arguments: '}' },
      ],
      [['', 'f', '{}']],
    ],
    [
      'the next, by a name after a whole call',
      [
        { name: 'f', arguments: '{}' },
        { name: 'f', arguments: '{}' },
      ],
      [
        ['', 'f', '{}'],
        ['', 'f', '{}'],
      ],
    ],
    [
      'the next, by an id where the whole call before had none',
      [
        { name: 'f', arguments: '{}' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
      [
        ['', 'f', '{}'],
        ['b', 'g', '{}'],
      ],
    ],
    [
      'the same, by an id that comes late',
      [
        { name: 'f', arguments: '{' },
        { id: 'a', name: 'f' },
        { id: 'b', arguments: '}' },
      ],
      [['a', 'f', '{}']],
    ],
    [
      'the next, by id and name though the one before has no arguments',
      [
        { id: 'a', name: 'f' },
        { id: 'b', name: 'f' },
      ],
      [
        ['a', 'f', ''],
        ['b', 'f', ''],
      ],
    ],
  ])('%s', (_name, parts, calls) => expect(callsOf(...parts)).toEqual(calls))
})

describe('a call', () => {
  const slotAfter = (...texts: readonly string[]) => {
    const slots = createToolSlots()
    const taken = texts.map((text) => {
      slots.add(part({ index: 0, arguments: text }))
      return slots.all()[0]?.take()
    })
    return { taken, whole: slots.all()[0]?.whole() }
  }

  it.each<[readonly string[], boolean]>([
    [['{}'], true],
    [['{', '}'], true],
    [['{}', ' \n'], true],
    [['{"a":{}'], false],
    [['{"a":{}', '}'], true],
    [['{}', '}'], false],
    [['[]'], false],
    [['null'], false],
    [[''], false],
  ])('of %j is whole: %s', (texts, whole) => expect(slotAfter(...texts).whole).toBe(whole))

  it('may be asked at any time', () => {
    const slots = createToolSlots()
    const wholes = ['{"a":{}', ' ', '}', ' ', 'x'].map((text) => {
      slots.add(part({ index: 0, arguments: text }))
      return [slots.all()[0]?.whole(), slots.all()[0]?.whole()]
    })
    expect(wholes).toEqual([
      [false, false],
      [false, false],
      [true, true],
      [true, true],
      [false, false],
    ])
  })

  it('gives each piece once, and nothing that may be "null"', () => {
    expect(slotAfter('{', '}', '').taken).toEqual(['{', '}', ''])
    expect(slotAfter('n', 'ull').taken).toEqual(['', ''])
    expect(slotAfter('n', 'ull', 'x').taken).toEqual(['', '', 'nullx'])
  })
})
