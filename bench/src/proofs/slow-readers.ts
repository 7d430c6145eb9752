import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { RAW_MODEL } from '../../../gateway/test/support/proofs/answer-wire.ts'
import { askOrError } from '../../../gateway/test/support/proofs/ask-or-error.ts'
import { stall, startLongStreams, type LongStreamBackend } from '../../../gateway/test/support/proofs/long-streams.ts'
import { percentile, spreadOf } from '../statistics.ts'
import { atMost, shown, type Proof } from './proof.ts'
import { startProven, type ProvenGateway } from './proven-gateway.ts'

const MEBIBYTE = 1024 ** 2
const STREAM_BYTES = 200 * MEBIBYTE
const STALLED = 50
const ROUNDS = 7
const WINDOW_MS = 3_000
const SETTLE_MS = 500
const SETTLE_LIMIT_MS = 20_000

/** Latencies of one client that asks again and again. */
async function neighbour(url: string, agent: Agent): Promise<readonly number[]> {
  const times: number[] = []
  const body = { model: RAW_MODEL, messages: [{ role: 'user', content: 'neighbour' }] }
  for (const endAt = performance.now() + WINDOW_MS; performance.now() < endAt;) {
    const startedAt = performance.now()
    const answer = await askOrError(`${url}/v1/chat/completions`, { body, agent })
    if (answer instanceof Error || answer.status !== 200) throw new Error(`the neighbour was not served: ${JSON.stringify(answer)}`)
    times.push(performance.now() - startedAt)
  }
  return times
}

/** Until nothing more is taken from the backend. */
async function settled(backend: LongStreamBackend, open: number): Promise<void> {
  let before = -1
  for (let waitedMs = 0; waitedMs < SETTLE_LIMIT_MS; waitedMs += SETTLE_MS) {
    const sent = backend.sent().reduce((sum, bytes) => sum + bytes, 0)
    if (backend.paused() === open && sent === before) return
    before = sent
    await delay(SETTLE_MS)
  }
  throw new Error('the backend is not paused')
}

async function stallAll(url: string, backend: LongStreamBackend) {
  const clients = Array.from({ length: STALLED }, (_, index) => stall(url, `long ${index}`))
  await Promise.all(clients.map(({ begun }) => begun))
  await settled(backend, STALLED)
  return clients
}

interface Round {
  readonly bytesPerStream: number
  readonly residentPerStream: number
  readonly p99Ratio: number
  readonly p50Ratio: number
}

async function round(gateway: ProvenGateway, backend: LongStreamBackend, agent: Agent): Promise<Round> {
  const alone = await neighbour(gateway.url, agent)
  const [bytes, resident] = [await gateway.memoryBytes(), await gateway.residentBytes()]
  const clients = await stallAll(gateway.url, backend)
  try {
    const perStream = ((await gateway.memoryBytes()) - bytes) / STALLED
    const residentPerStream = ((await gateway.residentBytes()) - resident) / STALLED
    const beside = await neighbour(gateway.url, agent)
    const ratio = (share: number) => (percentile(beside, share) ?? Infinity) / (percentile(alone, share) ?? 1)
    return { bytesPerStream: perStream, residentPerStream, p99Ratio: ratio(0.99), p50Ratio: ratio(0.5) }
  } finally {
    for (const client of clients) client.leave()
    await settled(backend, 0)
  }
}

export const slowReaders: Proof = {
  id: 'slow-readers',
  about: `${STALLED} clients that begin to read a stream of ${STREAM_BYTES / MEBIBYTE} MiB and stop`,
  async run(context) {
    const backend = await startLongStreams(STREAM_BYTES)
    const gateway = await startProven(context, {
      backends: [{ id: 'raw', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], health: { interval: '1h' } }],
    })
    const agent = new Agent({ keepAlive: true })
    try {
      await neighbour(gateway.url, agent)
      const rounds: Round[] = []
      for (let number = 0; number < ROUNDS; number += 1) {
        context.signal.throwIfAborted()
        rounds.push(await round(gateway, backend, agent))
      }
      const of = (name: keyof Round) => spreadOf(rounds.map((each) => each[name])) ?? { median: Infinity, minimum: 0, maximum: Infinity }
      const kernel = Math.max(...backend.sent()) / MEBIBYTE
      const spread = of('p99Ratio')
      return [
        atMost('heap and external bytes for a stalled stream, most of all rounds', of('bytesPerStream').maximum / MEBIBYTE, 1, 'MiB'),
        shown('RSS for a stalled stream, median', `${(of('residentPerStream').median / MEBIBYTE).toFixed(2)} MiB`),
        shown(
          'taken from a backend before it was paused, kernel buffers included',
          `${kernel.toFixed(1)} MiB of ${STREAM_BYTES / MEBIBYTE}`,
        ),
        atMost(`neighbour's p99, beside the stalled over alone, median of ${ROUNDS} interleaved rounds`, spread.median, 1.2),
        shown("neighbour's p99 ratio, lowest and highest", `${spread.minimum.toFixed(2)} to ${spread.maximum.toFixed(2)}`),
        shown("neighbour's p50 ratio, median", of('p50Ratio').median.toFixed(3)),
      ]
    } finally {
      agent.destroy()
      await gateway.stop()
      await backend.close()
    }
  },
}
