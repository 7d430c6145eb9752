import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hash32 } from '../lib/hash.ts'
import { assignGroup, explainAssignment, possibleGroups, type Assignee } from './assign.ts'
import type { ExperimentPlan, ExperimentRule } from './plan.ts'

function planOf(shares: readonly number[], more: Partial<ExperimentPlan> = {}): ExperimentPlan {
  const groups = shares.map((share, index) => ({ name: `g${index}`, share, seed: hash32(`group g${index}`) }))
  return { id: 'chat m', groups, sticky: 'key', rules: [], shadow: undefined, steps: undefined, ...more }
}

function who(more: Partial<Assignee> = {}): Assignee {
  return { key: undefined, tags: [], user: undefined, address: '10.0.0.1', header: () => undefined, ...more }
}

const rule = (more: Partial<ExperimentRule>): ExperimentRule => ({
  group: 1,
  header: undefined,
  tags: undefined,
  keys: undefined,
  share: undefined,
  seed: 7,
  ...more,
})
const never = () => {
  throw new Error('nothing is drawn')
}

describe('the group of a request', () => {
  test('follows the shares', () => {
    const plan = planOf([0.7, 0.2, 0.1])
    const counts = [0, 0, 0]
    for (let index = 0; index < 20_000; index += 1) {
      const group = assignGroup(plan, who({ key: `key-${index}` }), never)
      counts[group] = (counts[group] ?? 0) + 1
    }
    expect(counts.map((count) => Math.round(count / 200))).toEqual([
      expect.closeTo(70, -0.5),
      expect.closeTo(20, -0.5),
      expect.closeTo(10, -0.5),
    ])
  })

  test('a group that grows keeps everyone it had, whoever it is that shrinks', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.double({ min: 0.01, max: 0.5, noNaN: true }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (key, share, more) => {
          const before = assignGroup(planOf([1 - share, share]), who({ key }), never)
          const after = assignGroup(planOf([1 - share - more, share + more]), who({ key }), never)
          if (before === 1) expect(after).toBe(1)
        },
      ),
    )
  })

  test('a group without a share gets nobody', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (key) => {
        expect(assignGroup(planOf([0, 1, 0]), who({ key }), never)).toBe(1)
      }),
    )
  })

  test('is drawn where there is nothing to stick to', () => {
    const plan = planOf([0.5, 0.5], { sticky: 'header:x-team' })
    const drawn = new Set(Array.from({ length: 64 }, (_, index) => assignGroup(plan, who(), () => index / 64)))
    expect([...drawn].toSorted()).toEqual([0, 1])
    const sticky = (team: string) => assignGroup(plan, who({ header: (name) => (name === 'x-team' ? team : undefined) }), never)
    expect(sticky('a')).toBe(sticky('a'))
  })
})

describe('rules', () => {
  const cases: readonly (readonly [string, Partial<ExperimentRule>, Partial<Assignee>, boolean])[] = [
    [
      'a header that is there',
      { header: { name: 'x-canary', is: undefined } },
      { header: (name) => (name === 'x-canary' ? 'yes' : undefined) },
      true,
    ],
    ['a header that is not', { header: { name: 'x-canary', is: undefined } }, {}, false],
    ['a header with another value', { header: { name: 'x-canary', is: '1' } }, { header: () => '2' }, false],
    ['a tag of the key', { tags: ['beta', 'lab'] }, { key: 'k', tags: ['lab'] }, true],
    ['no tag of the key', { tags: ['beta'] }, { key: 'k', tags: ['other'] }, false],
    ['the key', { keys: ['ci'] }, { key: 'ci' }, true],
    ['another key', { keys: ['ci'] }, { key: 'cd' }, false],
    ['a share of all', { share: 1 }, { key: 'k' }, true],
    ['a share of none', { share: 0 }, { key: 'k' }, false],
    ['all at once, one of which fails', { keys: ['ci'], tags: ['x'] }, { key: 'ci', tags: [] }, false],
  ]
  test.each(cases)('%s', (_name, given, assignee, matches) => {
    const plan = planOf([1, 0], { rules: [rule(given)] })
    expect(assignGroup(plan, who({ key: 'k', ...assignee }), never)).toBe(matches ? 1 : 0)
  })

  test('the first that matches decides', () => {
    const plan = planOf([1, 0, 0], { rules: [rule({ group: 2, keys: ['k'] }), rule({ group: 1 })] })
    expect([assignGroup(plan, who({ key: 'k' }), never), assignGroup(plan, who({ key: 'l' }), never)]).toEqual([2, 1])
  })
})

describe('an explanation', () => {
  const anyRule = fc.record({
    group: fc.nat(2),
    header: fc.constantFrom(undefined, { name: 'x-canary', is: undefined }, { name: 'x-canary', is: 'other' }),
    tags: fc.constantFrom(undefined, ['batch'], ['other']),
    keys: fc.constantFrom(undefined, ['app'], ['other']),
    share: fc.constantFrom(undefined, 0.25, 0.5),
    seed: fc.integer({ min: 0, max: 1_000_000 }),
  })
  const caller = who({ key: 'app', tags: ['batch'], header: (name) => (name === 'x-canary' ? 'yes' : undefined) })

  test('tells the group itself, where nothing is drawn', () => {
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 4 }), fc.string({ minLength: 1 }), (rules, key) => {
        const plan = planOf([0.5, 0.3, 0.2], { rules })
        const assignee = { ...caller, key }
        const told = explainAssignment(plan, assignee)
        expect(told.group).toBe(assignGroup(plan, assignee, never))
        expect(told.chances[told.group]).toBe(1)
        expect(told.by === 'rule').toBe(told.rule !== undefined)
        if (told.rule !== undefined) expect(plan.rules[told.rule]?.group).toBe(told.group)
        expect(possibleGroups({ ...plan, rules: [] }, assignee)).toEqual([explainAssignment({ ...plan, rules: [] }, assignee).group])
      }),
    )
  })

  test('tells chances that come true, where each request is drawn', () => {
    const plan = planOf([0.5, 0.5, 0], {
      sticky: undefined,
      rules: [rule({ group: 2, share: 0.2 }), rule({ group: 0, keys: ['other'], seed: 9 }), rule({ group: 1, share: 0.5, seed: 11 })],
    })
    const told = explainAssignment(plan, caller)
    expect(told).toMatchObject({ group: 1, by: 'drawn' })
    expect(told.chances.map((chance) => Number(chance.toFixed(6)))).toEqual([0.2, 0.6, 0.2])
    const counts = [0, 0, 0]
    let state = 1
    const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
    for (let index = 0; index < 20_000; index += 1) {
      const group = assignGroup(plan, caller, random)
      counts[group] = (counts[group] ?? 0) + 1
    }
    for (const [index, chance] of told.chances.entries()) expect((counts[index] ?? 0) / 20_000).toBeCloseTo(chance, 1.5)
  })

  test('of a request whose headers nobody knows names all groups that it may be of', () => {
    const plan = planOf([1, 0, 0], { rules: [rule({ group: 2, header: { name: 'x-canary', is: undefined } })] })
    expect(possibleGroups(plan, caller)).toEqual([0, 2])
  })
})
