import { describe, expect, it } from 'vitest'
import type { KeptResponse } from '../dialects/responses/response-store.ts'
import { MemoryResponses } from './memory-responses.ts'

const kept = (text: string): KeptResponse => ({ response: { id: 'r', text }, items: { input: [], output: [] } })
/** What one of `kept('a')` counts. */
const ONE = JSON.stringify(kept('a')).length * 2

function started(bounds = { ttlMs: 100, maximumBytes: 10_000 }) {
  const clock = { now: 0 }
  return { clock, bounds, responses: new MemoryResponses({ now: () => clock.now, bounds: () => bounds }) }
}

describe('MemoryResponses', () => {
  it('gives back what was put, to its tenant alone', async () => {
    const { responses } = started()
    await responses.put('key:a', 'r', kept('a'))
    expect(await responses.get('key:a', 'r')).toEqual(kept('a'))
    expect([await responses.get('key:b', 'r'), await responses.get('key:a', 'other')]).toEqual([undefined, undefined])
    expect([await responses.delete('key:b', 'r'), await responses.delete('key:a', 'r'), await responses.delete('key:a', 'r')]).toEqual([
      false,
      true,
      false,
    ])
    expect([await responses.get('key:a', 'r'), responses.bytes]).toEqual([undefined, 0])
  })

  it('forgets after the time to live, which a later put of the same begins anew', async () => {
    const { responses, clock } = started()
    await responses.put('t', 'r', kept('a'))
    clock.now = 99
    expect(await responses.get('t', 'r')).toBeDefined()
    await responses.put('t', 'r', kept('b'))
    clock.now = 198
    expect(await responses.get('t', 'r')).toEqual(kept('b'))
    clock.now = 199
    expect([await responses.delete('t', 'r'), await responses.get('t', 'r'), responses.bytes]).toEqual([false, undefined, 0])
  })

  it('lets the oldest go where there are too many bytes, and what has expired', async () => {
    const { responses, clock } = started({ ttlMs: 100, maximumBytes: 2 * ONE })
    for (const id of ['1', '2', '3']) await responses.put('t', id, kept('a'))
    expect([await responses.get('t', '1'), responses.bytes]).toEqual([undefined, 2 * ONE])
    clock.now = 100
    await responses.put('t', '4', kept('a'))
    expect([responses.bytes, await responses.get('t', '4')]).toEqual([ONE, kept('a')])
  })

  it('keeps nothing with a time to live of 0', async () => {
    const { responses } = started({ ttlMs: 0, maximumBytes: 10_000 })
    await responses.put('t', 'r', kept('a'))
    expect([await responses.get('t', 'r'), responses.bytes]).toEqual([undefined, 0])
  })
})
