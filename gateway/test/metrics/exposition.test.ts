import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { ask } from '../support/ask.ts'
import { emptyMetrics, settleTraced } from '../support/empty-metrics.ts'
import { startFleet } from '../support/start-fleet.ts'
import { parseStrictly } from '../support/strict-exposition.ts'
import { HAS_PROMETHEUS } from '../support/has-prometheus.ts'

const OPENMETRICS = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5' }

async function busyFleet() {
  const fleet = await startFleet(
    { a: {}, b: { backend: { priority: 2 } } },
    {
      prices: { 'sim-chat': { currency: 'EUR', input: 1, output: 2 } },
      services: { chat: { limits: [{ by: 'service', algorithm: 'token-bucket', rate: '100/s', burst: 100 }], cache: { ttl: '1m' } } },
    },
  )
  await fleet.chat()
  await fleet.chat({ stream: true, temperature: 0 })
  await fleet.chat({ model: 'quoted "name"\\\n' })
  fleet.simulator('a').setFault('sim-chat', { name: 'status', status: 500 })
  await fleet.chat({ temperature: 0.5 })
  await fleet.settled(4)
  return fleet
}

describe('what scrapers are given', () => {
  it('keeps to Prometheus’ text format by the letter', async () => {
    const { url } = await busyFleet()
    const { headers, text } = await ask(`${url}/metrics`)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const families = parseStrictly(text, 'text')
    expect(families.map(({ name }) => name).toSorted()).toEqual(
      Object.values(METRICS)
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  it('keeps to OpenMetrics by the letter, and says the same', async () => {
    const { url } = await busyFleet()
    const { headers, text } = await ask(`${url}/metrics`, { headers: OPENMETRICS })
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    const requests = parseStrictly(text, 'openmetrics').find(({ name }) => name === 'jairouter_requests')
    expect(requests?.samples.map(({ value }) => value).reduce((a, b) => a + b, 0)).toBe(4)
    expect(requests?.kind).toBe('counter')
  })

  it.skipIf(!HAS_PROMETHEUS)('passes promtool', async () => {
    const { url } = await busyFleet()
    const { text } = await ask(`${url}/metrics`)
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('shows the trace of a request beside its bucket, in OpenMetrics alone', () => {
    const metrics = emptyMetrics(() => 1_700_000_000_123)
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    settleTraced(metrics, { traceId, durationMs: 70 })
    const family = parseStrictly(metrics.expose('openmetrics'), 'openmetrics').find(
      ({ name }) => name === 'jairouter_request_duration_seconds',
    )
    const seen = family?.samples.filter(({ exemplar }) => exemplar !== undefined)
    expect(seen?.map(({ labels, exemplar }) => ({ le: labels.get('le'), exemplar }))).toEqual([
      { le: '0.1', exemplar: { labels: new Map([['trace_id', traceId]]), value: 0.07, time: 1_700_000_000.123 } },
    ])
    expect(metrics.expose('text')).not.toContain('trace_id')
    parseStrictly(metrics.expose('text'), 'text')
  })
})

describe('the checker', () => {
  const good = '# HELP a_total a\n# TYPE a_total counter\na_total{b="c"} 1\n'
  const histogram = (lines: string) => `# HELP h_seconds h\n# TYPE h_seconds histogram\n${lines}`
  it('takes what is right', () => {
    expect(parseStrictly(good, 'text')).toHaveLength(1)
  })

  it.each([
    ['no end of line', good.trimEnd()],
    ['the same sample twice', `${good}a_total{b="c"} 2\n`],
    ['a family twice', good + good],
    ['a bad label', good.replace('b=', '1b=')],
    ['an open quote', good.replace('"c"', '"c')],
    ['no value', good.replace(' 1\n', '\n')],
    ['a negative count', good.replace(' 1\n', ' -1\n')],
    ['a counter of another name', good.replaceAll('a_total', 'a')],
    ['a sample of another family', `${good}b_total 1\n`],
    ['an exemplar in text', good.replace(' 1\n', ' 1 # {trace_id="x"} 1\n')],
    ['a histogram without its last bucket', histogram('h_seconds_bucket{le="1"} 1\nh_seconds_sum 1\nh_seconds_count 1\n')],
    [
      'a histogram that falls',
      histogram('h_seconds_bucket{le="1"} 2\nh_seconds_bucket{le="+Inf"} 1\nh_seconds_sum 1\nh_seconds_count 1\n'),
    ],
    ['a histogram without a sum', histogram('h_seconds_bucket{le="+Inf"} 1\nh_seconds_count 1\n')],
    ['a histogram of another count', histogram('h_seconds_bucket{le="+Inf"} 1\nh_seconds_sum 1\nh_seconds_count 2\n')],
  ])('refuses %s', (_what, text) => {
    expect(() => parseStrictly(text, 'text')).toThrow()
  })

  it('refuses OpenMetrics without its end, or with a counter’s whole name', () => {
    const own = '# HELP a a\n# TYPE a counter\na_total 1\n'
    expect(parseStrictly(`${own}# EOF\n`, 'openmetrics')).toHaveLength(1)
    expect(() => parseStrictly(own, 'openmetrics')).toThrow()
    expect(() => parseStrictly(`${good}# EOF\n`, 'openmetrics')).toThrow()
    expect(() => parseStrictly(`${own.replace(' 1\n', ' 1 # {t="x"} 1\n')}# EOF\n`, 'openmetrics')).not.toThrow()
  })
})
