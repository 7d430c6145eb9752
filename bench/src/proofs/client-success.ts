import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startSimulator, type Simulator } from '../../../gateway/src/simulator/simulator.ts'
import { startLoad } from '../../../gateway/test/support/proofs/open-load.ts'
import { askSimulated } from '../../../gateway/test/support/proofs/sim-chats.ts'
import { shareOf, tally } from '../../../gateway/test/support/proofs/tally.ts'
import { atLeast, countOf, describeCounts, shown, type Figure, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const HOLDS_PERCENT = 99.9
const REQUESTS = 10_000
const WIDTH = 16
const FLAPPING_MS = 60_000
const FLAP_MS = 2_000
const PER_SECOND = 100
const STREAMS_PER_SECOND = 20
/** An answer takes 160 ms, so that some are always under way when a backend falls. */
const PACE = { tokens: 16, tokensPerSecond: 100 }

async function withThree(
  context: ProofContext,
  pace: object,
  use: (url: string, unsteady: Simulator) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const simulators = await Promise.all(['unsteady', 'one', 'two'].map((name) => startSimulator({ name, record: false, ...pace })))
  const backends = simulators.map(({ name, url }) => ({ id: name, type: 'openai-compatible', url, models: ['sim-chat'] }))
  const gateway = await startProven(context, { backends })
  const [unsteady] = simulators
  try {
    return unsteady === undefined ? [] : await use(gateway.url, unsteady)
  } finally {
    await gateway.stop()
    await Promise.all(simulators.map((simulator) => simulator.close()))
  }
}

export const halfErrors: Proof = {
  id: 'half-errors',
  about: 'one of three backends answers 500 to every other call, at random',
  run: (context) =>
    withThree(context, {}, async (url, unsteady) => {
      const agent = new Agent({ keepAlive: true })
      unsteady.setFault('sim-chat', { name: 'status', status: 500, rate: 0.5, seed: 1 })
      const asked = await tally(REQUESTS, WIDTH, (number) => askSimulated(url, agent, { number, stream: number % 2 === 1 }))
      agent.destroy()
      return [
        atLeast(`client success in ${REQUESTS} requests, half of them streams`, shareOf(asked, 'whole') * 100, HOLDS_PERCENT, '%'),
        shown('outcomes', describeCounts(asked.counts)),
      ]
    }),
}

export const flapping: Proof = {
  id: 'flapping',
  about: `one of three backends is up ${FLAP_MS / 1_000} s and down ${FLAP_MS / 1_000} s for a minute; what was under way on it breaks`,
  run: (context) =>
    withThree(context, PACE, async (url, unsteady) => {
      const agent = new Agent({ keepAlive: true })
      const whole = startLoad(PER_SECOND, (number) => askSimulated(url, agent, { number, stream: false }))
      const streams = startLoad(STREAMS_PER_SECOND, (number) => askSimulated(url, agent, { number, stream: true }))
      for (let flaps = 0; flaps < FLAPPING_MS / FLAP_MS; flaps += 1) {
        await unsteady.setDown(flaps % 2 === 1)
        await delay(FLAP_MS, undefined, { signal: context.signal })
      }
      const [answers, events] = [await whole.stop(), await streams.stop()].map((ended) => countOf(ended.map(({ outcome }) => outcome)))
      agent.destroy()
      const asked = { counts: answers ?? {}, trialsOf: () => [] }
      return [
        atLeast(`client success, answers in one piece at ${PER_SECOND}/s`, shareOf(asked, 'whole') * 100, HOLDS_PERCENT, '%'),
        shown('outcomes', describeCounts(asked.counts)),
        shown(`streams at ${STREAMS_PER_SECOND}/s (one that had begun can't be asked for again)`, describeCounts(events ?? {})),
      ]
    }),
}
