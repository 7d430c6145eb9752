import type { BenchResult } from './bench-result.ts'
import { differenceOf, ratioOf } from './compare.ts'

export interface Bound {
  readonly title: string
  readonly limit: string
  /** undefined when it was not measured, which is not the same as held. */
  readonly figure: string | undefined
  readonly held: boolean
}

/** As in sizes of the config: 2^20 bytes. */
export const MEGABYTE = 1024 ** 2

/** What must hold, with what was found. A bound whose scenario was not asked for is left out. */
export function checkBounds(result: BenchResult): readonly Bound[] {
  const { windows, options } = result
  const asked = (scenario: string) => options.scenarios.includes(scenario)
  const bounds: Bound[] = []
  if (asked('json-small-32')) {
    const ratio = ratioOf(windows, { scenario: 'json-small-32', subject: 'gateway', base: 'bare', metric: 'requestsPerSecond' })
    bounds.push({
      title: "throughput over the bare proxy's, JSON 0.6 KB, 32 connections",
      limit: '>= 0.6',
      figure: ratio?.median.toFixed(2),
      held: ratio !== undefined && ratio.median >= 0.6,
    })
  }
  if (asked('json-small-1')) {
    const added = differenceOf(windows, { scenario: 'json-small-1', subject: 'gateway', base: 'direct', metric: 'p50Ms' })
    bounds.push(upperBound('added p50 at one connection', { value: added?.median, limit: 0.5, unit: 'ms', digits: 3 }))
  }
  if (asked('token-1')) {
    const added = differenceOf(windows, { scenario: 'token-1', subject: 'gateway', base: 'direct', metric: 'firstTokenP50Ms' })
    bounds.push(upperBound('added time to first token at one connection', { value: added?.median, limit: 1, unit: 'ms', digits: 3 }))
  }
  const idle = result.residentAfterStart.gateway
  const megabytes = idle === undefined ? undefined : idle / MEGABYTE
  bounds.push(upperBound('memory (RSS) of the idle gateway', { value: megabytes, limit: 90, unit: 'MB', digits: 1 }))
  return bounds
}

interface UpperBound {
  readonly value: number | undefined
  readonly limit: number
  readonly unit: string
  readonly digits: number
}

function upperBound(title: string, { value, limit, unit, digits }: UpperBound): Bound {
  return {
    title,
    limit: `<= ${limit} ${unit}`,
    figure: value === undefined ? undefined : `${value.toFixed(digits)} ${unit}`,
    held: value !== undefined && value <= limit,
  }
}
