import type { BenchResult } from './bench-result.ts'
import { checkBounds, MEGABYTE } from './bounds.ts'
import { differenceOf, ratioOf, valuesOf, type Metric } from './compare.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { spreadOf, type Spread } from './statistics.ts'
import type { TargetName, Window } from './window.ts'

/** Below this share of its core a target was waiting for somebody else. */
const SATURATED = 0.85
const BASES: readonly TargetName[] = ['bare', 'nginx']

/** The whole result as a text of plain lines. */
export function reportOf(result: BenchResult): string {
  const scenarios = SCENARIOS.filter(({ id }) => result.options.scenarios.includes(id))
  return [
    headLines(result),
    ...scenarios.map((scenario) => ['', ...scenarioLines(result, scenario)]),
    ['', ...memoryLines(result)],
    voidLines(result.windows),
    ['', ...boundLines(result)],
  ]
    .flat()
    .join('\n')
}

function headLines({ startedAt, commit, changed, machine, layout, loadGenerator, loadAverage, options }: BenchResult): string[] {
  return [
    `JAiRouter bench, ${startedAt}, commit ${commit}${changed ? ' with changes' : ''}`,
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(1)} GB, ${machine.kernel}, Node ${machine.node}`,
    `${layout}; ${loadGenerator}; ${options.rounds} x ${options.seconds} s windows, interleaved`,
    `load average ${loadAverage.before.toFixed(2)} before, ${loadAverage.after.toFixed(2)} after; medians of rounds, (lowest..highest; rounds)`,
  ]
}

function scenarioLines({ windows, targets }: BenchResult, scenario: Scenario): string[] {
  const present = targets.filter((target) => scenario.direct || target !== 'direct')
  const probe = scenario.client === 'probe'
  const header = [
    '',
    probe ? 'streams/s' : 'requests/s',
    'p50 ms',
    'p99 ms',
    ...(probe ? ['token p50', 'token p99'] : []),
    'CPU us',
    'core',
    'others',
  ]
  const rows = present.map((target) => {
    const valid = valuesOf(windows, { scenario: scenario.id, target })
    const cell = (pick: (window: Window) => number | undefined, digits: number) =>
      spreadOf(valid.flatMap((window) => pick(window) ?? []))?.median.toFixed(digits) ?? '-'
    return [
      target,
      cell((window) => window.requestsPerSecond, 0),
      cell((window) => window.p50Ms, 3),
      cell((window) => window.p99Ms, 3),
      ...(probe ? [cell((window) => window.firstTokenP50Ms, 3), cell((window) => window.firstTokenP99Ms, 3)] : []),
      cell((window) => window.cpuUsPerRequest, 1),
      percent(valid.flatMap(({ coreShare }) => coreShare ?? [])),
      percent(valid.flatMap(({ otherShare }) => otherShare ?? [])),
    ]
  })
  return [`== ${scenario.title} (${scenario.id})`, ...tableLines([header, ...rows]), ...comparisonLines(windows, targets, scenario)]
}

function comparisonLines(windows: readonly Window[], targets: readonly TargetName[], scenario: Scenario): string[] {
  const lines: string[] = []
  for (const base of BASES.filter((name) => targets.includes(name))) {
    const ratio = (metric: Metric) => ratioOf(windows, { scenario: scenario.id, subject: 'gateway', base, metric })
    const throughput = scenario.client === 'load' ? `throughput ${spread(ratio('requestsPerSecond'), 2)}, ` : ''
    const waiting = valuesOf(windows, { scenario: scenario.id, target: base }).some(({ coreShare = 1 }) => coreShare < SATURATED)
    const note = throughput !== '' && scenario.connections > 1 && waiting ? `; ${base} was not at its limit, so compare CPU` : ''
    lines.push(`  gateway/${base}: ${throughput}CPU per request ${spread(ratio('cpuUsPerRequest'), 2)}${note}`)
  }
  if (!scenario.direct) return lines
  for (const subject of targets.filter((target) => target !== 'direct')) {
    const added = (metric: Metric) => spread(differenceOf(windows, { scenario: scenario.id, subject, base: 'direct', metric }), 3)
    const token = scenario.client === 'probe' ? `; token p50 ${added('firstTokenP50Ms')}, p99 ${added('firstTokenP99Ms')}` : ''
    lines.push(`  added by ${subject}, ms: p50 ${added('p50Ms')}, p99 ${added('p99Ms')}${token}`)
  }
  return lines
}

function memoryLines({ targets, residentAfterStart, residentAfterLoad }: BenchResult): string[] {
  const cell = (bytes: number | undefined) => (bytes === undefined ? '-' : (bytes / MEGABYTE).toFixed(1))
  const rows = targets
    .filter((target) => target !== 'direct')
    .map((target) => [target, cell(residentAfterStart[target]), cell(residentAfterLoad[target])])
  return ['== Memory, RSS in MB (2^20 bytes)', ...tableLines([['', 'after start', 'after load'], ...rows])]
}

function voidLines(windows: readonly Window[]): string[] {
  const broken = windows.filter((window) => window.void)
  if (broken.length === 0) return []
  return [
    '',
    `== Void windows (a request failed in them; they count nowhere): ${broken.length}`,
    ...broken.map(
      ({ round, scenario, target, attempt, errors, requests, firstError }) =>
        `  round ${round}, ${scenario}, ${target}, try ${attempt}: ${errors} failed, ${requests} answered${firstError === undefined ? '' : `: ${firstError}`}`,
    ),
  ]
}

function boundLines(result: BenchResult): string[] {
  const lines = checkBounds(result).map(
    ({ title, limit, figure, held }) => `  ${held ? 'PASS' : 'FAIL'}  ${title}: ${figure ?? 'not measured'} (must be ${limit})`,
  )
  return [`== Must hold${result.options.short ? ' (a short run decides nothing)' : ''}`, ...lines]
}

function spread(value: Spread | undefined, digits: number): string {
  if (value === undefined) return '-'
  const { median, minimum, maximum, count } = value
  return `${median.toFixed(digits)} (${minimum.toFixed(digits)}..${maximum.toFixed(digits)}; ${count})`
}

function percent(shares: readonly number[]): string {
  const share = spreadOf(shares)?.median
  return share === undefined ? '-' : `${(share * 100).toFixed(0)}%`
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => {
    const cells = row.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
