// The probe as a process of its own, so that it can have a core. Its order comes as JSON in the first argument.
import { readFileSync } from 'node:fs'
import { probe, toRequestBytes } from '../probe.ts'
import type { ProbeOrder } from '../probe-order.ts'
import { percentile } from '../statistics.ts'
import type { LoadResult } from '../load-result.ts'

const order = JSON.parse(process.argv[2] ?? '') as ProbeOrder
const request = toRequestBytes(order.path, order.headers, readFileSync(order.bodyFile))
const { requests, errors, firstError, durationMs, completeMs, firstTokenMs } = await probe({ ...order, request })
const firstTokenP50Ms = percentile(firstTokenMs, 0.5)
const firstTokenP99Ms = percentile(firstTokenMs, 0.99)
const result: LoadResult = {
  requests,
  errors,
  ...(firstError === undefined ? {} : { firstError }),
  durationMs,
  p50Ms: percentile(completeMs, 0.5) ?? 0,
  p99Ms: percentile(completeMs, 0.99) ?? 0,
  ...(firstTokenP50Ms === undefined || firstTokenP99Ms === undefined ? {} : { firstTokenP50Ms, firstTokenP99Ms }),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
