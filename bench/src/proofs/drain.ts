import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { RAW_MODEL } from '../../../gateway/test/support/proofs/answer-wire.ts'
import { openStreams, sendKnown, startHolding } from '../../../gateway/test/support/proofs/drained-load.ts'
import { startLoad } from '../../../gateway/test/support/proofs/open-load.ts'
import { atMost, countOf, describeCounts, shown, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const PER_SECOND = 500
const STREAMS = 200
const ROUNDS = 4
const LOAD_MS = 3_000
const ACCEPT_MS = 2_000
const POLL_MS = 10

interface Round {
  /** Taken by the gateway or the backend, and not answered whole. */
  readonly lost: number
  readonly streams: Readonly<Record<string, number>>
  readonly requests: Readonly<Record<string, number>>
  readonly exited: string
}

async function round(context: ProofContext): Promise<Round> {
  const backend = await startHolding()
  const gateway = await startProven(context, {
    server: { drain: { accept: `${ACCEPT_MS}ms`, grace: '10m' } },
    backends: [{ id: 'raw', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], health: { interval: '1h' } }],
  })
  const streams = await openStreams(gateway.url, STREAMS)
  // Half of the clients keep their connections, the others make a new one each time; none looks at readiness.
  const loads = ['kept', 'new'].map((name) => {
    const agent = new Agent({ keepAlive: name === 'kept' })
    return { name, agent, load: startLoad(PER_SECOND / 2, (number) => sendKnown(gateway.url, agent, `${name}-${number}`)) }
  })
  const ended = () => loads.flatMap(({ name, load }) => load.ended.map(({ number, outcome }) => ({ id: `${name}-${number}`, outcome })))
  try {
    await delay(LOAD_MS, undefined, { signal: context.signal })
    const gone = gateway.terminate()
    while (!loads.every(({ load }) => load.ended.some(({ outcome }) => outcome === 'refused'))) {
      context.signal.throwIfAborted()
      await delay(POLL_MS)
    }
    await Promise.all(loads.map(({ load }) => load.stop()))
    backend.finish()
    const ends = await Promise.all(streams)
    const exited = await gone
    const taken = new Set([...gateway.loggedIds(), ...backend.questions])
    return {
      lost: ended().filter(({ id, outcome }) => outcome !== 'whole' && taken.has(id)).length + ends.filter((end) => end !== 'whole').length,
      streams: countOf(ends),
      requests: countOf(ended().map(({ outcome }) => outcome)),
      exited,
    }
  } finally {
    for (const { agent } of loads) agent.destroy()
    await backend.close()
  }
}

export const drain: Proof = {
  id: 'drain',
  about: `SIGTERM under ${PER_SECOND} requests a second and ${STREAMS} open streams, ${ROUNDS} times`,
  async run(context) {
    const rounds: Round[] = []
    for (let number = 0; number < ROUNDS; number += 1) rounds.push(await round(context))
    const sum = rounds.reduce((all, { lost }) => all + lost, 0)
    return [
      atMost(`lost of what was taken, in ${ROUNDS} stops`, sum, 0),
      ...rounds.flatMap(({ streams, requests, exited }, index) => [
        shown(`stop ${index + 1}: requests (a reset without an answer is one that was never taken)`, describeCounts(requests)),
        shown(`stop ${index + 1}: streams`, `${describeCounts(streams)}; ${exited.split(':')[0]}`),
      ]),
    ]
  },
}
