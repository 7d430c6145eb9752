import { describe, expect, it } from 'vitest'
import { expose, formatFor } from './exposition.ts'
import { CounterFamily, HistogramFamily } from './metric-family.ts'

describe('the format', () => {
  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/plain', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    ['application/openmetrics-text;q=0.2, text/plain;q=0.9', 'text'],
    ['Application/OpenMetrics-Text; q=1', 'openmetrics'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/openmetrics-text;q=x', 'text'],
  ] as const)('that %j asks for is %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format)
  })
})

describe('what is shown', () => {
  const counter = new CounterFamily({ kind: 'counter', name: 'made_total', help: 'A "made" \\ thing', labels: ['model'] })
  counter.cell('a "quoted"\\\nname').value += 2
  const histogram = new HistogramFamily({ kind: 'histogram', name: 'took_seconds', help: 'took', labels: [], buckets: [0.25, 1] })
  histogram.cell().observe(0.1)
  histogram.cell().observeTraced(0.5, 'abc', 12.5)
  histogram.cell().observe(7)

  it('is Prometheus’ text', () => {
    expect(expose([counter, histogram], 'text')).toBe(`# HELP made_total A "made" \\\\ thing
# TYPE made_total counter
made_total{model="a \\"quoted\\"\\\\\\nname"} 2
# HELP took_seconds took
# TYPE took_seconds histogram
took_seconds_bucket{le="0.25"} 1
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 7.6
took_seconds_count 3
`)
  })

  it('is OpenMetrics, with exemplars', () => {
    expect(expose([counter, histogram], 'openmetrics')).toBe(`# HELP made A \\"made\\" \\\\ thing
# TYPE made counter
made_total{model="a \\"quoted\\"\\\\\\nname"} 2
# HELP took_seconds took
# TYPE took_seconds histogram
# UNIT took_seconds seconds
took_seconds_bucket{le="0.25"} 1
took_seconds_bucket{le="1.0"} 2 # {trace_id="abc"} 0.5 12.500
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 7.6
took_seconds_count 3
# EOF
`)
  })
})
