import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startSimulator, type Simulator } from '../../../gateway/src/simulator/simulator.ts'
import { askOrError } from '../../../gateway/test/support/proofs/ask-or-error.ts'
import { tally } from '../../../gateway/test/support/proofs/tally.ts'
import { percentile } from '../statistics.ts'
import { atMost, describeCounts, shown, type Figure, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const WIDTH = 8
const REQUESTS = 5_000
const WARM_UP = 1_000
const FAST_FAIL_MS = 10
const POLL_MS = 10
const SHORT_OUTAGE_MS = 4_000
const SHORT_OUTAGES = 4
/** Beyond the first minute of an outage probes go back to their usual interval. */
const LONG_OUTAGE_MS = 65_000
const BEYOND_INTERVAL_MS = 1_000

interface Outage {
  readonly url: string
  readonly model: string
  readonly simulator: Simulator
}

async function statusOf({ url, model }: Outage, agent: Agent): Promise<string> {
  const body = { model, messages: [{ role: 'user', content: 'x' }] }
  const answer = await askOrError(`${url}/v1/chat/completions`, { body, agent })
  return answer instanceof Error ? answer.message : `${answer.status} ${answer.code}`.trim()
}

/** How fast requests fail, eight at a time over connections that are kept. */
async function failFast(outage: Outage, agent: Agent): Promise<{ readonly p99Ms: number; readonly about: string }> {
  await tally(WARM_UP, WIDTH, () => statusOf(outage, agent))
  const times: number[] = []
  const asked = await tally(REQUESTS, WIDTH, async () => {
    const startedAt = performance.now()
    const status = await statusOf(outage, agent)
    times.push(performance.now() - startedAt)
    return status
  })
  const p50 = percentile(times, 0.5)?.toFixed(2)
  return { p99Ms: percentile(times, 0.99) ?? Infinity, about: `p50 ${p50} ms; ${describeCounts(asked.counts)}; ${WIDTH} at a time` }
}

/** From the backend's return to the first good answer. */
async function recoveryMs(outage: Outage, agent: Agent): Promise<number> {
  await outage.simulator.setDown(false)
  const startedAt = performance.now()
  while ((await statusOf(outage, agent)) !== '200') await delay(POLL_MS)
  return performance.now() - startedAt
}

/** A gateway before one simulator for each model, all of them down but for `failing`, which answers 500. */
async function withOutage(
  context: ProofContext,
  use: (of: (model: 'quick' | 'usual' | 'failing') => Outage, agent: Agent) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const names = ['quick', 'usual', 'failing'] as const
  const simulators = await Promise.all(names.map((name) => startSimulator({ name, models: [name], record: false })))
  const gateway = await startProven(context, {
    backends: simulators.map(({ name, url }) => {
      const backend = { id: name, type: 'openai-compatible', url, models: [name] }
      return name === 'quick' ? { ...backend, health: { interval: '1s' } } : backend
    }),
  })
  const agent = new Agent({ keepAlive: true })
  const of = (model: string): Outage => {
    const simulator = simulators.find(({ name }) => name === model)
    if (simulator === undefined) throw new Error(`There is no ${model}`)
    return { url: gateway.url, model, simulator }
  }
  try {
    for (const name of ['quick', 'usual']) {
      await of(name).simulator.setDown(true)
      // Known to be down from here on.
      await statusOf(of(name), agent)
    }
    of('failing').simulator.setFault('*', { name: 'status', status: 500 })
    return await use(of, agent)
  } finally {
    agent.destroy()
    await gateway.stop()
    await Promise.all(simulators.map((simulator) => simulator.close()))
  }
}

export const fastFailure: Proof = {
  id: 'fast-failure',
  about: 'all backends of a model are down: how long it takes to say so',
  run: (context) =>
    withOutage(context, async (of, agent) => {
      const refused = await failFast(of('usual'), agent)
      const failing = await failFast(of('failing'), agent)
      return [
        atMost('connections refused: p99', refused.p99Ms, FAST_FAIL_MS, 'ms'),
        shown('connections refused', refused.about),
        // A fifth of them is asked for again after a pause: the retry budget.
        shown('500 from all: p99', `${failing.p99Ms.toFixed(2)} ms`),
        shown('500 from all', failing.about),
      ]
    }),
}

export const recovery: Proof = {
  id: 'recovery',
  about: 'all backends of a model come back, after seconds and after more than a minute',
  run: (context) =>
    withOutage(context, async (of, agent) => {
      const longFrom = performance.now()
      const short: number[] = []
      for (let round = 0; round < SHORT_OUTAGES; round += 1) {
        await of('quick').simulator.setDown(true)
        await statusOf(of('quick'), agent)
        await delay(SHORT_OUTAGE_MS, undefined, { signal: context.signal })
        short.push(await recoveryMs(of('quick'), agent))
      }
      await delay(Math.max(0, LONG_OUTAGE_MS - (performance.now() - longFrom)), undefined, { signal: context.signal })
      const long = await recoveryMs(of('usual'), agent)
      return [
        atMost(`probes each second, slowest of ${SHORT_OUTAGES}`, Math.max(...short), 1_000 + BEYOND_INTERVAL_MS, 'ms'),
        atMost('after 65 s, probes as by default (each 10 s)', long, 10_000 + BEYOND_INTERVAL_MS, 'ms'),
      ]
    }),
}
