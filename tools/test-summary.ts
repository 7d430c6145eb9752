/**
 * Prints the line `N passed, N failed` from vitest's JSON report: `node tools/test-summary.ts REPORT EXIT_CODE`, with
 * the exit code that vitest gave. Exits with 1 if anything failed.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
})

export interface TestSummary {
  readonly passed: number
  readonly failed: number
}

/**
 * `report` is undefined where vitest wrote none. A file that could not be loaded has no test that failed, and an error
 * outside of every test stands in the exit code alone: each counts as one that failed.
 */
export function summarise(report: unknown, exitCode: number): TestSummary {
  const { data } = reportSchema.safeParse(report)
  if (data === undefined) return { passed: 0, failed: 1 }
  const broken = data.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = data.numFailedTests + broken.length
  return { passed: data.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const [path = '', exitCode = '1'] = process.argv.slice(2)
  const { passed, failed } = summarise(readReport(path), Number(exitCode))
  process.stdout.write(`${passed} passed, ${failed} failed\n`)
  process.exitCode = failed === 0 ? 0 : 1
}
