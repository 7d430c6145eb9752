import { expect, it } from 'vitest'
import { parseSamples, stillOpen, sumOf } from './read-samples.ts'

const TEXT = `# HELP jairouter_tokens_total Tokens
# TYPE jairouter_tokens_total counter
jairouter_tokens_total{model="a",kind="completion"} 60
jairouter_tokens_total{model="a",kind="prompt"} 12
jairouter_tokens_total{model="b",kind="completion"} 5
jairouter_requests_in_flight 0
jairouter_upstream_in_flight{backend="one"} 0
jairouter_upstream_in_flight{backend="two"} 1
jairouter_queue_length{model="a"} 2
jairouter_queue_wait_seconds_count{model="a"} 3
jairouter_breaker_state{instance="one/m"} 2
`

it('reads what /metrics shows', () => {
  expect(parseSamples(TEXT)).toHaveLength(9)
  expect(parseSamples(TEXT)[0]).toEqual({ name: 'jairouter_tokens_total', labels: { model: 'a', kind: 'completion' }, value: 60 })
  expect(parseSamples(TEXT)[3]).toEqual({ name: 'jairouter_requests_in_flight', labels: {}, value: 0 })
})

it('adds up the samples of a name by their labels', () => {
  const samples = parseSamples(TEXT)
  expect(sumOf(samples, 'jairouter_tokens_total')).toBe(77)
  expect(sumOf(samples, 'jairouter_tokens_total', { kind: 'completion' })).toBe(65)
  expect(sumOf(samples, 'jairouter_tokens_total', { kind: 'completion', model: 'b' })).toBe(5)
  expect(sumOf(samples, 'jairouter_tokens', {})).toBe(0)
})

it('names what is still counted as open, and nothing that is no such count', () => {
  expect(stillOpen(parseSamples(TEXT))).toEqual(['jairouter_upstream_in_flight two 1', 'jairouter_queue_length a 2'])
})
