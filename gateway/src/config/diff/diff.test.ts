import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'
import { diffWritten } from './written-diff.ts'

describe('what two configs differ in', () => {
  it('goes by the names of items', () => {
    const before = { backends: [{ id: 'a', weight: 1 }, { id: 'b' }, { id: 'c' }], list: [1, 2], same: { x: 1 } }
    const after = { backends: [{ id: 'c' }, { id: 'a', weight: 2, tags: [] }, { id: 'd' }], list: [2], same: { x: 1 } }
    expect(diffWritten(before, after)).toEqual([
      { op: 'changed', path: 'backends[a].weight', before: 1, after: 2 },
      { op: 'added', path: 'backends[a].tags', after: [] },
      { op: 'added', path: 'backends[d]', after: { id: 'd' } },
      { op: 'removed', path: 'backends[b]', before: { id: 'b' } },
      { op: 'changed', path: 'backends', before: ['a', 'c'], after: ['c', 'a'] },
      { op: 'changed', path: 'list', before: [1, 2], after: [2] },
    ])
  })

  it('is shown without secrets', () => {
    const shown = { before: { k: { set: true } }, after: { k: { set: true, last4: 'abcd' } } }
    expect(diffWritten({ k: 'x' }, { k: 'y' }, shown)).toEqual([
      { op: 'changed', path: 'k', before: { set: true }, after: { set: true, last4: 'abcd' } },
    ])
  })
})

describe('a unified diff', () => {
  it('has three lines around each change', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`)
    const after = lines.with(2, 'second\n').with(17, 'last\n').join('')
    expect(unifiedDiff(lines.join(''), after, { before: 'v1', after: 'v2' })).toBe(
      '--- v1\n+++ v2\n@@ -1,6 +1,6 @@\n line 0\n line 1\n-line 2\n+second\n line 3\n line 4\n line 5\n' +
        '@@ -15,6 +15,6 @@\n line 14\n line 15\n line 16\n-line 17\n+last\n line 18\n line 19\n',
    )
  })

  it('is empty for what is the same, and says where a line end is missing', () => {
    expect(unifiedDiff('a\n', 'a\n', { before: 'x', after: 'y' })).toBe('')
    expect(unifiedDiff('', 'a', { before: 'x', after: 'y' })).toBe('--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n')
  })

  it('makes the one text of the other', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 }).map((lines) => lines.map((line) => `${line}\n`).join(''))
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patch(before, unifiedDiff(before, after, { before: 'x', after: 'y' }))).toBe(after)
      }),
    )
  })

  it('of large texts that have nothing in common stays quick', () => {
    const [before, after] = ['a', 'b'].map((name) => Array.from({ length: 50_000 }, (_, index) => `${name}${index}\n`).join(''))
    expect(unifiedDiff(before ?? '', after ?? '', { before: 'x', after: 'y' }).split('\n')).toHaveLength(100_004)
  })
})

function patch(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n/g) ?? []
  let at = 0
  let result = ''
  for (const line of diff.split('\n').slice(2, -1)) {
    const head = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (head !== null) {
      const start = head[2] === '0' ? Number(head[1]) : Number(head[1]) - 1
      for (; at < start; at += 1) result += old[at] ?? ''
    } else if (line.startsWith('-')) at += 1
    else {
      result += `${line.slice(1)}\n`
      if (line.startsWith(' ')) at += 1
    }
  }
  return result + old.slice(at).join('')
}
