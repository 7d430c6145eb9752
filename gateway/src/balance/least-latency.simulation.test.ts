import { describe, expect, it } from 'vitest'
import { mix32 } from '../lib/hash.ts'
import { MEMORY_SIZE, type Candidate } from './chooser.ts'
import { LATENCY_SIZE, recordLatency } from './latency.ts'
import { leastLatency } from './least-latency.ts'

const BACKENDS = 3
const SLOW = 2
const FIRST_TOKEN_MS = 100
/** A slow one takes so many times as long. */
const SLOWER = 10

interface Open extends Candidate {
  inFlight: number
}

interface Client {
  /** When something happens next. */
  at: number
  /** When the call was sent. */
  sentAt: number
  /** The backend that is asked. */
  asked: number
  /** Whether the first token has come, and the rest is on its way. */
  streams: boolean
}

/**
 * So many clients that each send the next request when the last has ended; a call takes 100 ms within 20 % to its
 * first token, 1 s at the slow backend, which is slow until `recoversAt`, and `streamMs` more to its end. Returns the
 * requests in order: which backend each was sent to, and when.
 */
function simulate(options: { readonly clients: number; readonly streamMs: number; readonly untilMs: number; readonly recoversAt: number }) {
  let draws = 0
  const random = () => {
    draws += 1
    return mix32(options.clients, draws) / 2 ** 32
  }
  const backends = Array.from({ length: BACKENDS }, (): Open => {
    return { weight: 1, inFlight: 0, seed: 0, memory: new Float64Array(MEMORY_SIZE), latency: new Float64Array(LATENCY_SIZE) }
  })
  const sent: { readonly at: number; readonly backend: number }[] = []
  const send = (now: number): Client => {
    const asked = leastLatency(backends, { random, hash: 0, now })
    const slowness = asked === SLOW && now < options.recoversAt ? SLOWER : 1
    sent.push({ at: now, backend: asked })
    add(backends, asked, 1)
    return { at: now + FIRST_TOKEN_MS * slowness * (0.8 + 0.4 * random()), sentAt: now, asked, streams: false }
  }
  const clients = Array.from({ length: options.clients }, () => send(0))
  for (;;) {
    const client = clients.reduce((first, other) => (other.at < first.at ? other : first))
    if (client.at >= options.untilMs) return sent
    const backend = backends[client.asked]
    if (!client.streams && backend !== undefined) recordLatency(backend.latency, client.at - client.sentAt, client.at)
    if (!client.streams && options.streamMs > 0) {
      client.streams = true
      client.at += options.streamMs
      continue
    }
    add(backends, client.asked, -1)
    Object.assign(client, send(client.at))
  }
}

function add(backends: readonly Open[], index: number, count: 1 | -1): void {
  const backend = backends[index]
  if (backend !== undefined) backend.inFlight += count
}

/** The slow backend's part of the requests. */
function shareOf(sent: readonly { readonly backend: number }[]): number {
  return sent.filter(({ backend }) => backend === SLOW).length / sent.length
}

/** That part in the ten seconds from `from` on. */
function shareFrom(sent: readonly { readonly at: number; readonly backend: number }[], from: number): number {
  return shareOf(sent.filter(({ at }) => at >= from && at < from + 10_000))
}

const RECOVERS_AT = 60_000

describe.each([
  { clients: 8, streamMs: 0 },
  { clients: 8, streamMs: 500 },
  { clients: 32, streamMs: 0 },
  { clients: 32, streamMs: 500 },
])('least-latency with $clients calls open, $streamMs ms of stream, and one of three backends 10x slower', (load) => {
  const sent = simulate({ ...load, untilMs: RECOVERS_AT + 120_000, recoversAt: RECOVERS_AT })

  it('sends it less than a tenth after 50 requests', () => {
    const rest = sent.slice(50).filter(({ at }) => at < RECOVERS_AT)
    expect(shareOf(rest.slice(0, 50))).toBeLessThan(0.1)
    expect(shareOf(rest)).toBeLessThan(0.02)
    for (let from = 10_000; from < RECOVERS_AT; from += 10_000) expect(shareFrom(sent, from)).toBeLessThan(0.02)
  })

  it('has it back at a fifth and more a minute after it has recovered, and at its third then', () => {
    expect(shareFrom(sent, RECOVERS_AT + 60_000)).toBeGreaterThanOrEqual(0.2)
    const late = shareFrom(sent, RECOVERS_AT + 110_000)
    expect(late).toBeGreaterThan(0.28)
    expect(late).toBeLessThan(0.38)
  })
})

describe('least-latency with one call at a time', () => {
  const sent = simulate({ clients: 1, streamMs: 0, untilMs: 240_000, recoversAt: 180_000 })

  it('asks the slow one again after 28 s to 42 s, once', () => {
    // With 20 % either way it is 800/120 to 1200/80 times as slow, which takes 27.4 to 39.1 s to fade after its answer, which
    // takes 0.8 to 1.2 s; then the draws between equals. In the first seconds the others are not known yet.
    const asked = sent.filter(({ at, backend }) => backend === SLOW && at > 10_000 && at < 180_000).map(({ at }) => at)
    expect(asked.length).toBeGreaterThanOrEqual(4)
    for (const [index, at] of asked.entries()) {
      const before = asked[index - 1]
      if (before === undefined) continue
      expect(at - before).toBeGreaterThan(28_000)
      expect(at - before).toBeLessThan(42_000)
    }
    expect(shareOf(sent.filter(({ at }) => at < 180_000))).toBeLessThan(0.01)
  })

  it('has it back within a minute', () => {
    expect(shareFrom(sent, 230_000)).toBeGreaterThanOrEqual(0.2)
  })
})
