/**
 * What writing the call history costs requests: `node bench/src/history-write.ts [SECONDS] [ROWS_PER_SECOND]`.
 * A real gateway answers a steady load, first without a history, then with one on SQLite that is handed so many more
 * records a second beside it. Says the latencies of both, what was written, and what was dropped.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { configSchema } from '../../contract/src/config.ts'
import { createGateway, type Gateway } from '../../gateway/src/gateway.ts'
import { createCallHistory } from '../../gateway/src/history/call-history.ts'
import { openSqliteHistory } from '../../gateway/src/history/sqlite/sqlite-history.ts'
import { newRecord } from '../../gateway/src/http/relay-handler.ts'
import { EventBus } from '../../gateway/src/telemetry/event-bus.ts'
import { createLogger } from '../../gateway/src/telemetry/log.ts'
import { RateRing } from '../../gateway/src/telemetry/rate-ring.ts'
import type { RequestRecord } from '../../gateway/src/telemetry/request-record.ts'
import { MODEL } from './exchange-bodies.ts'
import { createMockUpstream } from './children/mock-upstream.ts'

const seconds = Number(process.argv[2] ?? 60)
const perSecond = Number(process.argv[3] ?? 10_000)
const TICK_MS = 10
/** Of the load that is measured. */
const REQUESTS_PER_SECOND = 200

interface Measured {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

const upstream = createMockUpstream()
await new Promise<void>((resolve) => {
  upstream.listen(0, '127.0.0.1', resolve)
})
const address = upstream.address()
const upstreamPort = typeof address === 'object' && address !== null ? address.port : 0
const folder = mkdtempSync(join(tmpdir(), 'jairouter-history-write-'))
const log = createLogger({ level: 'silent', destination: { write: () => {} } })
const config = configSchema.parse({
  server: { port: 0, overload: { enabled: false } },
  history: { maxRows: 100_000_000 },
  backends: [{ id: 'mock', type: 'vllm', url: `http://127.0.0.1:${upstreamPort}`, models: [MODEL] }],
})

const found: { gateway?: Gateway } = {}
const history = createCallHistory({
  store: openSqliteHistory({ folder, now: Date.now }),
  snapshot: () => {
    if (found.gateway === undefined) throw new Error('there is no gateway yet')
    return found.gateway.snapshot
  },
  log: { info: () => {}, warn: (fields) => console.warn(fields), error: (fields) => console.error(fields) },
})
const gateway = createGateway({
  loaded: { config, certificates: new Map() },
  log,
  observers: { events: new EventBus({ now: Date.now }), rates: new RateRing(), history: history.sink },
})
found.gateway = gateway
const url = await gateway.listen()
await gateway.firstRound()

const before = performance.eventLoopUtilization()
const cpuAtStart = process.cpuUsage()
print('without', await measure(url))
const without = performance.eventLoopUtilization(before).utilization
const cpuWithout = spent(process.cpuUsage(cpuAtStart))
const cpuBefore = process.cpuUsage()
const loopBefore = performance.eventLoopUtilization()
let handed = 0
const startedAt = performance.now()
const feed = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000)
  for (; handed < due; handed += 1) history.sink.add(record(handed))
}, TICK_MS)
const measured = await measure(url)
clearInterval(feed)
const busy = performance.eventLoopUtilization(loopBefore).utilization
await history.flush()
const cpuWith = spent(process.cpuUsage(cpuBefore))
const written = handed - history.sink.dropped
print('with', measured)
const { size } = statSync(join(folder, 'history.db'))
console.log(
  `${handed} rows handed over in ${seconds} s, ${history.sink.dropped} dropped, ${Math.round(size / 1e6)} MB; ` +
    `CPU ${((cpuWith - cpuWithout) / written).toFixed(1)} us for each row that was written, of both threads (the making of the records too); event loop busy ${percent(without)} without and ${percent(busy)} with; all written ${Math.round(performance.now() - startedAt)} ms after the start`,
)
await gateway.stop('now')
await history.close()
upstream.close()
rmSync(folder, { recursive: true, force: true })

/** In microseconds. */
function spent({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

function print(name: string, { count, p50, p99, worst }: Measured): void {
  console.log(`${name.padEnd(8)} ${count} requests, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, worst ${worst.toFixed(1)} ms`)
}

/** From a thread of its own, at a steady rate, whatever the answers take. */
function measure(target: string): Promise<Measured> {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { request, Agent } = require('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 64 })
    const body = Buffer.from(JSON.stringify({ model: workerData.model, messages: [{ role: 'user', content: 'x' }] }))
    const times = []
    let open = 0
    const ask = () => {
      const from = performance.now()
      open += 1
      const outgoing = request(workerData.target + '/v1/chat/completions', { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': body.length } }, (response) => {
        response.resume().on('end', () => { times.push(performance.now() - from); open -= 1 })
      })
      outgoing.on('error', () => { open -= 1 })
      outgoing.end(body)
    }
    let asked = 0
    const from = performance.now()
    const timer = setInterval(() => {
      const due = (performance.now() - from) * workerData.rate / 1000
      while (asked < due) { asked += 1; ask() }
      if (performance.now() - from < workerData.seconds * 1000) return
      clearInterval(timer)
      const wait = setInterval(() => { if (open === 0) { clearInterval(wait); agent.destroy(); parentPort.postMessage(times) } }, 20)
    }, 5)`
  const worker = new Worker(code, { eval: true, workerData: { target, model: MODEL, rate: REQUESTS_PER_SECOND, seconds } })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (times: number[]) => {
      const sorted = times.toSorted((a, b) => a - b)
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
      resolve({ count: sorted.length, p50: at(0.5), p99: at(0.99), worst: at(1) })
      void worker.terminate()
    })
  })
}

function record(index: number): RequestRecord {
  const failed = index % 20 === 0
  const made = newRecord({ endpoint: 'chat', id: `bench-${index}`, address: '10.0.0.1', startedAt: performance.now(), generation: 1 })
  made.principal = `key-${index % 50}`
  made.model = `model-${index % 20}`
  made.asked = made.model
  made.status = failed ? 502 : 200
  made.code = failed ? 'upstream_error' : undefined
  made.cause = failed ? new Error(`connect ECONNREFUSED number ${index % 100}`) : undefined
  made.durationMs = 100 + (index % 400)
  made.firstByteMs = 40
  made.overheadMs = 0.4
  made.usage = { promptTokens: 800, completionTokens: index % 500, totalTokens: 800 + (index % 500) }
  made.attempts.push({
    backend: `gpu-${index % 8}`,
    model: made.model,
    instance: `gpu-${index % 8}/m`,
    upstreamModel: 'm',
    sentAt: made.startedAt,
    arrivedAt: made.startedAt + 40,
    why: 'first',
    connectedAt: made.startedAt + 1,
    headersAt: made.startedAt + 40,
    backOffMs: 0,
    code: made.code,
    unsent: false,
    outcome: failed ? 'refused' : 'ok',
    status: 200,
    durationMs: made.durationMs,
  })
  return made
}
