import { Agent } from 'node:http'
import { RAW_MODEL } from '../../../gateway/test/support/proofs/answer-wire.ts'
import { askOrError } from '../../../gateway/test/support/proofs/ask-or-error.ts'
import { startLongStreams } from '../../../gateway/test/support/proofs/long-streams.ts'
import { tally } from '../../../gateway/test/support/proofs/tally.ts'
import { atMost, countOf, describeCounts, shown, type Figure, type Proof } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const MEBIBYTE = 1024 ** 2
/** More than there are places for: 100,000. */
const FIRST = 120_000
/**
 * What more can come must take nothing more. The places are kept in two halves, of which the older is forgotten once the
 * newer is full: after so many more as many are taken as before.
 */
const BEYOND = 50_000
const WIDTH = 32
const MOST_FLOOD_MIB = 64
const KNOWN = '192.0.2.1'
const KNOWN_EVERY = 5_000
const NOBODY = 'nobody'
/** A table of twice the size for the same number of places. */
const MOST_BEYOND_MIB = 8

export const limitFlood: Proof = {
  id: 'limit-flood',
  about: `requests from ${FIRST + BEYOND} addresses under a limit by address`,
  async run(context) {
    const backend = await startLongStreams(0)
    const common = { type: 'openai-compatible', health: { interval: '1h' } }
    const gateway = await startProven(context, {
      server: { trustedProxies: ['127.0.0.1'] },
      log: { level: 'error' },
      // Rows that wait for the disk are bounded, too, but are none of the limit's memory.
      history: { enabled: false },
      defaults: { limits: [{ by: 'client-ip', algorithm: 'sliding-window', limit: 1, window: '1h' }] },
      // Where nobody listens the limit is looked at nonetheless, and a refusal is the cheapest answer.
      backends: [
        { ...common, id: 'none', url: 'http://127.0.0.1:1', models: [NOBODY] },
        { ...common, id: 'raw', url: backend.url, models: [RAW_MODEL] },
      ],
    })
    const agent = new Agent({ keepAlive: true })
    const from = async (address: string, model: string) => {
      const body = { model, messages: [{ role: 'user', content: 'x' }] }
      const answer = await askOrError(`${gateway.url}/v1/chat/completions`, { body, agent, headers: { 'x-forwarded-for': address } })
      return answer instanceof Error ? answer.message : `${answer.status} ${answer.code}`.trim()
    }
    const known: string[] = []
    const flood = async (start: number, count: number) => {
      const startedAt = performance.now()
      const asked = await tally(count, WIDTH, async (number) => {
        if (number % KNOWN_EVERY === 0) known.push(await from(KNOWN, RAW_MODEL))
        return from(addressOf(start + number), NOBODY)
      })
      return { asked, perSecond: Math.round((count / (performance.now() - startedAt)) * 1_000), bytes: await gateway.memoryBytes() }
    }
    try {
      const warm = await flood(0, 2_000)
      const full = await flood(2_000, FIRST - 2_000)
      const beyond = await flood(FIRST, BEYOND)
      return describe({ warm, full, beyond, known })
    } finally {
      agent.destroy()
      await gateway.stop()
      await backend.close()
    }
  },
}

interface Flooded {
  readonly asked: { readonly counts: Readonly<Record<string, number>> }
  readonly perSecond: number
  readonly bytes: number
}

function describe({ warm, full, beyond, known }: { warm: Flooded; full: Flooded; beyond: Flooded; known: readonly string[] }): Figure[] {
  const [first, ...again] = known
  return [
    atMost(`memory for ${FIRST} addresses`, (full.bytes - warm.bytes) / MEBIBYTE, MOST_FLOOD_MIB, 'MiB'),
    atMost(`memory for ${BEYOND} more`, (beyond.bytes - full.bytes) / MEBIBYTE, MOST_BEYOND_MIB, 'MiB'),
    atMost(`answers but 429 to one that comes again, of ${again.length}`, again.filter((status) => !status.startsWith('429')).length, 0),
    shown('the answers to it', `${first}; then ${describeCounts(countOf(again))}`),
    shown(`requests a second, first 2,000 / up to ${FIRST} / beyond`, `${warm.perSecond} / ${full.perSecond} / ${beyond.perSecond}`),
    shown('answers', describeCounts(full.asked.counts)),
  ]
}

function addressOf(number: number): string {
  return `10.${(number >> 16) & 0xff}.${(number >> 8) & 0xff}.${number & 0xff}`
}
