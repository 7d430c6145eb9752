import type { MetricDefinition } from '../gateway/src/telemetry/metric-definition.ts'
import { PROCESS_METRICS } from '../gateway/src/telemetry/metric-rows-process.ts'
import { REQUEST_METRICS } from '../gateway/src/telemetry/metric-rows-requests.ts'
import { STATE_METRICS } from '../gateway/src/telemetry/metric-rows-state.ts'

const HEAD = `# Metrics

\`/metrics\` (and \`/actuator/prometheus\`) shows them in Prometheus' text format, and in OpenMetrics to those who ask for
\`application/openmetrics-text\`; there histograms carry the ids of traces as exemplars. [monitoring.md](monitoring.md) says what to do with them.

Every request to a model API is counted once in \`jairouter_requests_total\`. Values of labels come from the config or from fixed tables, never from
a client: a model or client that nobody knows is \`other\`. A metric holds 1,000 sets of labels apart; what is beyond them is counted as \`other\`.

This page is generated from \`gateway/src/telemetry/metric-rows-*.ts\`.
`

/** docs/metrics.md */
export function renderMetricDocumentation(): string {
  const sections = [
    ['Requests', REQUEST_METRICS],
    ['State', STATE_METRICS],
    ['Process', PROCESS_METRICS],
  ] as const
  return [HEAD, ...sections.map(([title, rows]) => sectionOf(title, Object.values(rows)))].join('\n')
}

function sectionOf(title: string, rows: readonly MetricDefinition[]): string {
  const buckets = new Map(rows.flatMap(({ buckets: bounds }) => (bounds === undefined ? [] : [[bounds.join(', '), bounds] as const])))
  const names = [...buckets.keys()]
  const notes = names.map((text, index) => `Buckets ${LETTERS[index]}: ${text}.\n`)
  const lines = rows.map(({ name, kind, labels, help, buckets: bounds }) => {
    const letter = bounds === undefined ? '' : ` ${LETTERS[names.indexOf(bounds.join(', '))]}`
    return `| \`${name}\` | ${kind}${letter} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`
  })
  return `## ${title}\n\n| name | kind | labels | |\n|---|---|---|---|\n${lines.join('\n')}\n${notes.length === 0 ? '' : `\n${notes.join('\n')}`}`
}

const LETTERS = 'ABCDEFGH'
