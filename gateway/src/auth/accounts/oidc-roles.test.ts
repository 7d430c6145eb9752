import { describe, expect, it } from 'vitest'
import { roleOf } from './oidc-roles.ts'

const rules = { claim: 'groups', map: { ops: 'operator', all: 'viewer', boss: 'admin' }, default: 'none' } as const

describe('roleOf', () => {
  it.each([
    [{ groups: ['all', 'ops'] }, 'operator'],
    [{ groups: 'all' }, 'viewer'],
    [{ groups: ['all', 7, null, 'boss'] }, 'admin'],
    [{ groups: ['OPS'] }, undefined],
    [{ groups: { ops: true } }, undefined],
    [{ groups: ['constructor', '__proto__'] }, undefined],
    [{}, undefined],
  ] as const)('of %j is %s', (claims, role) => {
    expect(roleOf(claims, rules)).toBe(role)
  })

  it('takes a name with dots as it stands before it takes it as a path', () => {
    const deep = { ...rules, claim: 'a.b' }
    expect(roleOf({ a: { b: ['ops'] } }, deep)).toBe('operator')
    expect(roleOf({ 'a.b': ['all'], a: { b: ['ops'] } }, deep)).toBe('viewer')
    expect(roleOf({ a: 'b' }, deep)).toBeUndefined()
  })

  it('falls back to the default', () => {
    expect(roleOf({}, { ...rules, default: 'developer' })).toBe('developer')
  })
})
