import { expect, it } from 'vitest'
import { summarise } from './test-summary.ts'

const file = (status: string, ...tests: readonly string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) })
const report = (passed: number, failed: number, ...files: readonly object[]) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults: files,
})

it.each([
  ['all passed', report(2, 0, file('passed', 'passed', 'passed')), 0, { passed: 2, failed: 0 }],
  ['a test failed', report(1, 1, file('failed', 'passed', 'failed')), 1, { passed: 1, failed: 1 }],
  ['a file could not be loaded', report(1, 0, file('passed', 'passed'), file('failed')), 1, { passed: 1, failed: 1 }],
  ['a hook failed after its tests', report(1, 0, file('failed', 'passed')), 1, { passed: 1, failed: 1 }],
  ['an error outside of every test', report(1, 0, file('passed', 'passed')), 1, { passed: 1, failed: 1 }],
  ['no report', undefined, 1, { passed: 0, failed: 1 }],
  ['a report of another shape', { tests: 3 }, 0, { passed: 0, failed: 1 }],
])('%s', (_name, given, exitCode, expected) => {
  expect(summarise(given, exitCode)).toEqual(expected)
})
