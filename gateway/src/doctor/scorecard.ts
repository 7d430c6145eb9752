import { worstOf, type Verdict } from './finding.ts'
import type { Judgement } from './run-scenario.ts'
import type { ScenarioId } from './scenarios/scenario.ts'

export interface Row {
  readonly id: ScenarioId
  readonly title: string
  readonly streamed: Judgement
  readonly plain: Judgement
}

export interface Scorecard {
  readonly speed: number
  readonly rows: readonly Row[]
  /** Scenarios by the worse of their two verdicts. */
  readonly counts: Readonly<Record<Verdict, number>>
}

export function scorecardOf(rows: readonly Row[], speed: number): Scorecard {
  const counts = { pass: 0, degraded: 0, fail: 0 }
  for (const row of rows) counts[verdictOf(row)] += 1
  return { speed, rows, counts }
}

function verdictOf({ streamed, plain }: Row): Verdict {
  return worstOf([streamed.verdict, plain.verdict])
}

/** A table for people, and a line with the sum. */
export function formatScorecard({ rows, counts }: Scorecard): string {
  const cells = rows.flatMap((row) => {
    const [first = '', ...more] = remarksOf(row)
    const [streamed, plain] = [row.streamed.verdict, row.plain.verdict]
    return [[row.id, row.title, streamed, plain, first], ...more.map((remark) => ['', '', '', '', remark])]
  })
  const table = aligned([['id', 'scenario', 'streamed', 'plain', 'setting to change'], ...cells])
  const sum = `${rows.length} scenarios: ${counts.pass} pass, ${counts.degraded} degraded, ${counts.fail} fail`
  return [...table, '', sum].join('\n')
}

/** Settings where there are any; what went wrong where no setting would help. */
function remarksOf({ streamed, plain }: Row): readonly string[] {
  const findings = [...streamed.findings, ...plain.findings].filter(({ verdict }) => verdict !== 'pass')
  const remarks = findings.flatMap(({ verdict, what, settings = [] }) => (verdict === 'fail' || settings.length === 0 ? [what] : settings))
  return [...new Set(remarks)]
}

function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
