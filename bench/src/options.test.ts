import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'
import { SCENARIOS } from './scenarios.ts'

const ALL = SCENARIOS.map(({ id }) => id)

test.each([
  { args: [], options: { rounds: 5, seconds: 4, scenarios: ALL, short: false, profile: false } },
  { args: ['--short'], options: { rounds: 1, seconds: 1, scenarios: ALL, short: true, profile: false } },
  { args: ['--short', '--rounds', '2'], options: { rounds: 2, seconds: 1, scenarios: ALL, short: true, profile: false } },
  { args: ['--profile'], options: { rounds: 1, seconds: 10, scenarios: ['json-small-32'], short: false, profile: true } },
  {
    args: ['--scenarios', 'sse-16, json-small-1', '--json', 'x.json'],
    options: { rounds: 5, seconds: 4, scenarios: ['json-small-1', 'sse-16'], short: false, profile: false, json: 'x.json' },
  },
])('$args', ({ args, options }) => {
  expect(parseOptions(args)).toEqual({ json: undefined, ...options })
})

test.each([
  [['--rounds', '0'], /--rounds/],
  [['--rounds', '101'], /--rounds/],
  [['--seconds', '1.5'], /--seconds/],
  [['--scenarios', 'json-small-1,nothing'], /no scenario nothing/],
  [['--colour'], /--colour/],
  [['extra'], /extra/],
])('%j is refused', (args, usageError) => {
  expect(parseOptions(args)).toEqual({ usageError: expect.stringMatching(usageError) })
})

test('help goes before everything', () => {
  expect(parseOptions(['--help', '--rounds', 'x'])).toBe('help')
})
