import { describe, expect, it } from 'vitest'
import { PackedEntries, packEntries, packEntry, unpackEntries } from '../../src/history/packed-entries.ts'
import { randomEntries } from './random-entries.ts'

describe('packed entries', () => {
  it('come out as they went in, whatever is written in them, also where they are many', () => {
    const entries = randomEntries(1_000)
    const texts = ['a\nb', ',\n[', '"]],\n[["', '数据', '🚀', '\u2028', '']
    for (const [index, error] of texts.entries()) {
      const entry = entries[100 * index]
      if (entry === undefined) throw new Error('there are more texts than places')
      entries[100 * index] = { ...entry, request: { ...entry.request, error }, content: { input: error, output: null, masked: 1, cut: 0 } }
    }
    const packed = new PackedEntries()
    for (const entry of entries) packed.add(packEntry(entry))
    expect(packed.count).toBe(1_000)
    // Several slices.
    expect(packed.byteLength).toBeGreaterThan(200_000)
    expect(unpackEntries(packed.bytes())).toEqual(entries)
    expect(packEntries(entries)).toEqual(Buffer.from(packed.bytes()))
  })

  it('grow as they must, and are empty once they are cleared', () => {
    const [entry] = randomEntries(1)
    if (entry === undefined) throw new Error('there is no entry')
    const long = { ...entry, content: { input: '€'.repeat(1024 ** 2), output: null, masked: 0, cut: 0 } }
    const packed = new PackedEntries()
    expect(unpackEntries(packed.bytes())).toEqual([])
    for (const each of [entry, long, entry]) packed.add(packEntry(each))
    expect(unpackEntries(packed.bytes())).toEqual([entry, long, entry])
    packed.clear()
    expect([packed.count, packed.byteLength, unpackEntries(packed.bytes())]).toEqual([0, 0, []])
    packed.add(packEntry(entry))
    expect(unpackEntries(packed.bytes())).toEqual([entry])
  })
})
