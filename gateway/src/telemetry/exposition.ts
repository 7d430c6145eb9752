import { HistogramCell, type Exemplar, type ShownFamily } from './metric-family.ts'

/** `text`: Prometheus' text format 0.0.4 · `openmetrics`: OpenMetrics 1.0, which has exemplars. */
export type ExpositionFormat = 'text' | 'openmetrics'

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** Units that OpenMetrics is told of; a name ends with its unit. */
const UNIT = /_(seconds|bytes|ratio)$/

/** Which format an Accept header asks for: that with the greater weight, and the plain one where it does not say. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  let best: ExpositionFormat = 'text'
  let bestWeight = 0
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const format = type === 'application/openmetrics-text' ? 'openmetrics' : type === 'text/plain' ? 'text' : undefined
    if (format === undefined) continue
    const told = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = told === undefined ? 1 : Number(told.slice(2))
    if (!(weight > bestWeight)) continue
    best = format
    bestWeight = weight
  }
  return best
}

/** What a scraper reads. */
export function expose(families: Iterable<ShownFamily>, format: ExpositionFormat): string {
  const lines: string[] = []
  for (const family of families) addFamily(lines, family, format)
  if (format === 'openmetrics') lines.push('# EOF')
  lines.push('')
  return lines.join('\n')
}

function addFamily(lines: string[], family: ShownFamily, format: ExpositionFormat): void {
  const { name, kind, help, labels } = family.definition
  // OpenMetrics names a counter without the end that its samples have.
  const title = format === 'openmetrics' && kind === 'counter' ? name.replace(/_total$/, '') : name
  lines.push(`# HELP ${title} ${escapeHelp(help, format)}`, `# TYPE ${title} ${kind}`)
  const unit = format === 'openmetrics' ? UNIT.exec(title)?.[1] : undefined
  if (unit !== undefined) lines.push(`# UNIT ${title} ${unit}`)
  for (const [values, shown] of family.sets()) {
    const pairs = labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`).join(',')
    if (shown instanceof HistogramCell) addHistogram(lines, { name, pairs, cell: shown, format })
    else lines.push(`${name}${pairs === '' ? '' : `{${pairs}}`} ${toNumber(shown)}`)
  }
}

interface ShownHistogram {
  readonly name: string
  readonly pairs: string
  readonly cell: HistogramCell
  readonly format: ExpositionFormat
}

function addHistogram(lines: string[], { name, pairs, cell, format }: ShownHistogram): void {
  const before = pairs === '' ? '' : `${pairs},`
  let count = 0
  for (let index = 0; index < cell.counts.length; index += 1) {
    count += cell.counts[index] ?? 0
    const bound = cell.bounds[index] ?? Infinity
    const le = format === 'openmetrics' ? toCanonical(bound) : toNumber(bound)
    const exemplar = format === 'openmetrics' ? cell.exemplars?.[index] : undefined
    lines.push(`${name}_bucket{${before}le="${le}"} ${count}${exemplar === undefined ? '' : toExemplar(exemplar)}`)
  }
  const braces = pairs === '' ? '' : `{${pairs}}`
  lines.push(`${name}_sum${braces} ${toNumber(cell.sum)}`, `${name}_count${braces} ${count}`)
}

function toExemplar({ traceId, value, time }: Exemplar): string {
  return ` # {trace_id="${escapeLabel(traceId)}"} ${toNumber(value)} ${time.toFixed(3)}`
}

function toNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}

/** Bounds are compared as texts: OpenMetrics wants a point in each of them. */
function toCanonical(bound: number): string {
  return Number.isInteger(bound) ? bound.toFixed(1) : toNumber(bound)
}

function escapeLabel(value: string): string {
  return /["\\\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value
}

/** Quotes are escaped in OpenMetrics alone. */
function escapeHelp(help: string, format: ExpositionFormat): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped
}
