import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, performance, PerformanceObserver, type EventLoopUtilization } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { isObject } from '../lib/json.ts'
import type { MetricDefinition } from './metric-definition.ts'
import { HistogramFamily, readFamily, type ShownFamily } from './metric-family.ts'
import { PROCESS_METRICS } from './metric-rows-process.ts'

const LOOP_RESOLUTION_MS = 20

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

/** The process as it is when somebody looks; collections of garbage are counted from now on. */
export function processFamilies(): readonly ShownFamily[] {
  const single = (definition: MetricDefinition, read: () => number) => readFamily(definition, () => [[[], read()]])
  const maximumFiles = readMaximumFiles()
  return [
    readFamily(PROCESS_METRICS.cpu, () => {
      const { user, system } = process.cpuUsage()
      return [
        [['user'], user / 1e6],
        [['system'], system / 1e6],
      ]
    }),
    single(PROCESS_METRICS.startTime, () => Math.round(performance.timeOrigin / 1_000)),
    single(PROCESS_METRICS.resident, () => process.memoryUsage.rss()),
    readFamily(PROCESS_METRICS.openFiles, () => known(countOpenFiles())),
    readFamily(PROCESS_METRICS.maximumFiles, () => known(maximumFiles)),
    single(PROCESS_METRICS.heapUsed, () => getHeapStatistics().used_heap_size),
    single(PROCESS_METRICS.heapTotal, () => getHeapStatistics().total_heap_size),
    single(PROCESS_METRICS.heapLimit, () => getHeapStatistics().heap_size_limit),
    single(PROCESS_METRICS.external, () => getHeapStatistics().external_memory),
    ...loopFamilies(),
    countCollections(),
  ]
}

function loopFamilies(): readonly ShownFamily[] {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  delay.enable()
  let since: EventLoopUtilization = performance.eventLoopUtilization()
  // What is measured is the time between two wake-ups; the interval itself is no delay.
  const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - LOOP_RESOLUTION_MS / 1_000)
  return [
    readFamily(PROCESS_METRICS.loopLag, () => {
      const p50 = lag(delay.percentile(50))
      const p99 = lag(delay.percentile(99))
      const maximum = lag(delay.max)
      delay.reset()
      return [
        [['p50'], p50],
        [['p99'], p99],
        [['maximum'], maximum],
      ]
    }),
    readFamily(PROCESS_METRICS.loopUtilization, () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, since)
      since = now
      return [[[], utilization]]
    }),
  ]
}

function countCollections(): ShownFamily {
  const family = new HistogramFamily(PROCESS_METRICS.collections)
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = 'detail' in entry && isObject(entry.detail) ? entry.detail['kind'] : undefined
      family.cell(KINDS[Number(kind)] ?? 'other').observe(entry.duration / 1_000)
    }
  }).observe({ entryTypes: ['gc'] })
  return family
}

function known(value: number | undefined): readonly (readonly [readonly string[], number])[] {
  return value === undefined ? [] : [[[], value]]
}

/** One of them is the folder itself, while it is read. */
function countOpenFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}

function readMaximumFiles(): number | undefined {
  try {
    const told = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return told === undefined ? undefined : Number(told)
  } catch {
    return undefined
  }
}
