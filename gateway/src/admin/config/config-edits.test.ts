import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { ConfigEdit } from '../../versions/config-desk.ts'
import { AdminProblem } from '../route.ts'
import { applyMergePatch, editsBetween, isMasked } from './config-edits.ts'

const masked = { set: true, last4: '1234', from: 'file' }

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean())
const { config } = fc.letrec<{ config: JsonObject; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf), tie('config')),
  config: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value')),
}))

/** RFC 7396, as its text has it, to be compared with. */
function rfc7396(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = rfc7396(result[name], value)
  }
  return result
}

function applied(before: unknown, edits: readonly ConfigEdit[]): unknown {
  return edits.reduce(
    (value, edit) => (edit.op === 'merge' ? rfc7396(value, edit.value) : edit.op === 'put' ? edit.value : undefined),
    before,
  )
}

const pointerOf = (run: () => unknown) => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof AdminProblem ? error.details?.[0]?.pointer : error
  }
}

describe('applyMergePatch', () => {
  it('is RFC 7396', () => {
    const patch = fc.letrec<{ patch: unknown }>((tie) => ({
      patch: fc.oneof({ depthSize: 'small' }, leaf, fc.constant(null), fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('patch'))),
    })).patch
    fc.assert(
      fc.property(config, patch, (target, change) => {
        expect(applyMergePatch(target, change)).toEqual(rfc7396(target, change))
      }),
    )
  })

  it('keeps a secret that is sent back as it was shown', () => {
    expect(applyMergePatch({ apiKey: masked }, { apiKey: { set: true }, a: 1 })).toEqual({ apiKey: masked, a: 1 })
    expect(applyMergePatch({ apiKey: masked }, { apiKey: 'new' })).toEqual({ apiKey: 'new' })
    expect(applyMergePatch({ apiKey: masked }, { apiKey: null })).toEqual({})
  })
})

describe('editsBetween', () => {
  it('makes after of before', () => {
    fc.assert(
      fc.property(config, config, (before, after) => {
        expect(applied(before, editsBetween(['x'], before, after))).toEqual(after)
      }),
    )
  })

  it('makes nothing of what is the same', () => {
    fc.assert(
      fc.property(config, (value) => {
        expect(editsBetween(['x'], value, structuredClone(value))).toEqual([])
      }),
    )
  })

  it('names only what differs', () => {
    expect(editsBetween(['x'], { a: 1, b: { c: 2, d: 3 }, e: [1] }, { a: 1, b: { c: 2 }, e: [1], f: 4 })).toEqual([
      { op: 'merge', path: ['x'], value: { b: { d: null }, f: 4 } },
    ])
    expect(editsBetween(['x'], undefined, { a: null, b: 1 })).toEqual([{ op: 'put', path: ['x'], value: { b: 1 } }])
    expect(editsBetween(['x'], { a: 1 }, undefined)).toEqual([{ op: 'remove', path: ['x'] }])
    expect(editsBetween(['x'], undefined, undefined)).toEqual([])
  })

  it('leaves secrets where they are', () => {
    expect(editsBetween(['x'], { key: masked, a: 1 }, { key: masked, a: 2 })).toEqual([{ op: 'merge', path: ['x'], value: { a: 2 } }])
    const before = {
      list: [
        { name: 'one', key: masked },
        { name: 'two', key: masked },
      ],
    }
    const after = {
      list: [
        { name: 'one', key: masked, on: true },
        { name: 'three', key: 'text' },
      ],
    }
    expect(editsBetween(['x'], before, after)).toEqual([
      { op: 'remove', path: ['x', 'list', { name: 'two' }] },
      { op: 'merge', path: ['x', 'list', { name: 'one' }], value: { on: true } },
      { op: 'put', path: ['x', 'list', { name: 'three' }], value: { name: 'three', key: 'text' } },
    ])
  })

  it('refuses to keep a secret that is not there, and says where', () => {
    expect(pointerOf(() => editsBetween(['x'], undefined, { a: { 'b/c': masked } }))).toBe('/a/b~1c')
    expect(pointerOf(() => editsBetween(['x'], { key: 'open' }, { key: masked }))).toBe('/key')
    expect(pointerOf(() => editsBetween(['x'], { list: [] }, { list: [{ name: 'n', key: masked }] }))).toBe('/list/0/key')
    expect(pointerOf(() => editsBetween(['x'], { list: [] }, { list: [masked] }))).toBe('/list/0')
    expect(pointerOf(() => editsBetween(['x'], { list: [] }, { list: [{ name: 'n' }, { key: masked }] }))).toBe('/list/1/key')
  })
})

describe('isMasked', () => {
  it.each([
    [{ set: true }, true],
    [masked, true],
    [{ set: 'yes' }, false],
    [{ set: true, more: 1 }, false],
    ['****', false],
  ])('of %j is %s', (value, expected) => {
    expect(isMasked(value)).toBe(expected)
  })
})
