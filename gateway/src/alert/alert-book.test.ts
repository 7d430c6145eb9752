import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AlertBook } from './alert-book.ts'
import type { Notice, Step } from './alert.ts'
import type { Finding } from './findings.ts'
import { aRule } from './fixtures/a-rule.ts'
import type { AlertRule } from './rule.ts'

const CALM_MS = 300_000
const down = (backend: string): Finding => ({ subject: { backend }, value: 1 })

interface Look {
  readonly at: number
  readonly found: readonly Finding[]
  readonly isSilenced?: boolean
}

function look(book: AlertBook, rule: AlertRule, { at, found, isSilenced = false }: Look): Step {
  return book.step({ rules: [{ rule, findings: found }], now: at, wallClock: at, isSilenced: () => isSilenced })
}

const kinds = ({ notices }: Step) => notices.map(({ kind }) => kind)

describe('an alert', () => {
  it('fires once it has held for long enough, and is over once', () => {
    const book = new AlertBook()
    const rule = aRule({ forMs: 100, labels: { team: 'ml' } })
    expect(look(book, rule, { at: 0, found: [down('a')] }).changes).toMatchObject([{ state: 'pending' }])
    expect(look(book, rule, { at: 99, found: [down('a')] })).toEqual({ changes: [], notices: [] })
    const fired = look(book, rule, { at: 100, found: [down('a')] })
    expect(fired.notices).toMatchObject([
      { kind: 'firing', alert: { id: 'r|backend=a', labels: { team: 'ml', backend: 'a' }, startedAt: 0, firedAt: 100 } },
    ])
    const over = look(book, rule, { at: 150, found: [] })
    expect(over.notices).toMatchObject([{ kind: 'resolved', alert: { state: 'resolved', endedAt: 150 } }])
    expect(look(book, rule, { at: 160, found: [] })).toEqual({ changes: [], notices: [] })
    expect([book.isEmpty, book.resolved().length]).toEqual([true, 1])
  })

  it('that was pending and went away was nothing', () => {
    const book = new AlertBook()
    const rule = aRule({ forMs: 100 })
    look(book, rule, { at: 0, found: [down('a')] })
    expect(look(book, rule, { at: 50, found: [] })).toEqual({ changes: [], notices: [] })
    look(book, rule, { at: 60, found: [down('a')] })
    expect(kinds(look(book, rule, { at: 140, found: [down('a')] }))).toEqual([])
  })

  it('is told again after its `repeat`, and not where that is 0', () => {
    for (const [repeatMs, expected] of [
      [600_000, ['repeated']],
      [0, []],
    ] as const) {
      const book = new AlertBook()
      const rule = aRule({ repeatMs })
      look(book, rule, { at: 0, found: [down('a')] })
      expect(kinds(look(book, rule, { at: 599_999, found: [down('a')] }))).toEqual([])
      expect(kinds(look(book, rule, { at: 600_000, found: [down('a')] }))).toEqual(expected)
    }
  })

  it('that comes and goes is not told each time', () => {
    const book = new AlertBook()
    const told: Notice[] = []
    for (let at = 0; at < CALM_MS; at += 1_000)
      told.push(...look(book, aRule(), { at, found: (at / 1_000) % 2 === 0 ? [down('a')] : [] }).notices)
    expect(told.map(({ kind }) => kind)).toEqual(['firing', 'resolved'])
    expect(kinds(look(book, aRule(), { at: CALM_MS, found: [down('a')] }))).toEqual(['firing'])
  })

  it('is told once its silence has ended, and its end is told to who knew of it', () => {
    const book = new AlertBook()
    const rule = aRule()
    expect(kinds(look(book, rule, { at: 0, found: [down('a')], isSilenced: true }))).toEqual([])
    expect([...book.active()]).toMatchObject([{ state: 'firing', quiet: 'silenced' }])
    expect(kinds(look(book, rule, { at: 1, found: [down('a')] }))).toEqual(['firing'])
    expect(kinds(look(book, rule, { at: 2, found: [], isSilenced: true }))).toEqual(['resolved'])

    const other = new AlertBook()
    look(other, rule, { at: 0, found: [down('a')], isSilenced: true })
    expect(kinds(look(other, rule, { at: 1, found: [] }))).toEqual([])
  })

  it('is kept quiet by another rule for the same thing alone', () => {
    const book = new AlertBook()
    const inhibitor = { rule: aRule(), findings: [down('a')] }
    const breaker = aRule({ name: 'b', kind: 'breaker-open', inhibitedBy: ['r'] })
    const findings = ['a', 'c'].map((backend) => ({ subject: { backend, instance: `${backend}/m` }, value: 1 }))
    const input = { now: 0, wallClock: 0, isSilenced: () => false }
    const { notices } = book.step({ ...input, rules: [inhibitor, { rule: breaker, findings }] })
    expect(notices.map(({ alert }) => alert.id)).toEqual(['r|backend=a', 'b|backend=c|instance=c/m'])
    const after = book.step({
      ...input,
      now: 1,
      rules: [
        { rule: aRule(), findings: [] },
        { rule: breaker, findings },
      ],
    })
    expect(after.notices.map(({ kind, alert }) => `${kind} ${alert.id}`)).toEqual([
      'resolved r|backend=a',
      'firing b|backend=a|instance=a/m',
    ])
  })

  it('keeps its state over a config in which its rule is the same, and begins anew with another one', () => {
    const book = new AlertBook()
    look(book, aRule(), { at: 0, found: [down('a')] })
    expect(look(book, structuredClone(aRule()), { at: 10, found: [down('a')] })).toEqual({ changes: [], notices: [] })
    const changed = look(book, aRule({ severity: 'critical', forMs: 50 }), { at: 20, found: [down('a')] })
    expect(changed.notices).toMatchObject([{ kind: 'resolved', alert: { rule: { severity: 'warning' } } }])
    expect([...book.active()]).toMatchObject([{ state: 'pending', rule: { severity: 'critical' } }])
    const gone = book.step({ rules: [], now: 30, wallClock: 30, isSilenced: () => false })
    expect([gone.notices, book.isEmpty]).toEqual([[], true])
  })

  it('of a rule that finds more than a hundred is one of the first hundred', () => {
    const book = new AlertBook()
    const found = Array.from({ length: 500 }, (_, index) => down(`b-${index}`))
    expect(look(book, aRule(), { at: 0, found }).notices).toHaveLength(100)
  })
})

/** Looks at any times, also at such as go back, with anything found. */
const looks = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -900_000, max: -1 }) },
    ),
    found: fc.subarray(['a', 'b', 'c']),
    isSilenced: fc.boolean(),
  }),
  { maxLength: 120 },
)
const rules = fc.record({ forMs: fc.integer({ min: 0, max: 400_000 }), repeatMs: fc.constantFrom(0, 1, 60_000, 3_600_000) })

function* played(rule: AlertRule, given: readonly { step: number; found: readonly string[]; isSilenced: boolean }[]) {
  const book = new AlertBook()
  let at = 0
  let latest = -Infinity
  for (const { step, found, isSilenced } of given) {
    at += step
    latest = Math.max(latest, at)
    const { notices, changes } = look(book, rule, { at, found: found.map(down), isSilenced })
    yield { at: latest, found, notices, changes, book }
  }
}

describe('whatever is found, and whatever the clock does', () => {
  it('never fires before it has held for its `for`', () => {
    fc.assert(
      fc.property(rules, looks, (more, given) => {
        const since = new Map<string, number>()
        for (const { at, found, changes } of played(aRule(more), given)) {
          for (const backend of since.keys()) if (!found.includes(backend)) since.delete(backend)
          for (const backend of found) if (!since.has(backend)) since.set(backend, at)
          for (const { state, subject } of changes)
            if (state === 'firing') expect(at - (since.get(subject['backend'] ?? '') ?? Infinity)).toBeGreaterThanOrEqual(more.forMs)
        }
      }),
    )
  })

  it('tells once that it is over, of each that it told to fire, and of none besides', () => {
    fc.assert(
      fc.property(rules, looks, (more, given) => {
        const told = new Set<string>()
        for (const { notices, found } of played(aRule(more), given)) {
          for (const { kind, alert } of notices) {
            const { backend = '' } = alert.subject
            if (kind === 'resolved') expect(told.delete(backend)).toBe(true)
            else {
              expect(told.has(backend)).toBe(kind === 'repeated')
              told.add(backend)
            }
          }
          // Nobody waits for the end of what is over.
          expect([...told].filter((backend) => !found.includes(backend))).toEqual([])
        }
      }),
    )
  })

  it('tells of an alert at most twice in five minutes, and once more', () => {
    fc.assert(
      fc.property(rules, looks, (more, given) => {
        const times = new Map<string, number[]>()
        let [first, last] = [Infinity, -Infinity]
        for (const { at, notices } of played(aRule(more), given)) {
          first = Math.min(first, at)
          last = at
          for (const { alert } of notices) times.set(alert.id, [...(times.get(alert.id) ?? []), at])
        }
        for (const all of times.values()) expect(all.length).toBeLessThanOrEqual(2 * (1 + Math.floor((last - first) / CALM_MS)))
      }),
    )
  })
})
