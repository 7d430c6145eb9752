import { describe, expect, it } from 'vitest'
import { createSeenList, type SeenDraft } from './seen.ts'

function draft(path: string): SeenDraft {
  return { method: 'POST', path, headers: {}, rawHeaders: [], body: Buffer.alloc(0), startedAt: 0, finished: false }
}

describe('createSeenList', () => {
  it('keeps the newest requests', () => {
    const list = createSeenList({ requests: 2, bodyBytes: 1_000 })
    for (const path of ['/1', '/2', '/3']) list.add(draft(path))
    expect(list.entries.map((entry) => entry.path)).toEqual(['/2', '/3'])
  })

  it('lets the oldest go when bodies grow heavy, but never the last', () => {
    const list = createSeenList({ requests: 10, bodyBytes: 100 })
    for (const [path, length] of [
      ['/1', 60],
      ['/2', 30],
      ['/3', 20],
    ] as const) {
      const entry = draft(path)
      list.add(entry)
      entry.body = Buffer.alloc(length)
      list.weigh(entry)
    }
    expect(list.entries.map((entry) => entry.path)).toEqual(['/2', '/3'])
    const huge = draft('/4')
    list.add(huge)
    huge.body = Buffer.alloc(500)
    list.weigh(huge)
    expect(list.entries.map((entry) => entry.path)).toEqual(['/4'])
  })

  it('does not count what was cleared away before its body came', () => {
    const list = createSeenList({ requests: 10, bodyBytes: 100 })
    const late = draft('/late')
    list.add(late)
    list.clear()
    late.body = Buffer.alloc(99)
    list.weigh(late)
    const entries = ['/1', '/2'].map((path) => draft(path))
    for (const entry of entries) {
      list.add(entry)
      entry.body = Buffer.alloc(50)
      list.weigh(entry)
    }
    expect(list.entries).toHaveLength(2)
  })
})
