import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { startSimulator, type Simulator } from '../../../gateway/src/simulator/simulator.ts'
import { askOrError } from '../../../gateway/test/support/proofs/ask-or-error.ts'
import { percentile } from '../statistics.ts'
import { childFile, nodeOrder } from '../targets.ts'
import { atMost, countOf, describeCounts, shown, type Figure, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

/** Of each kind; far below what a core can do, so that no request waits for another. */
const REQUESTS = 2_000
const APART_MS = 4
const WARM_UP = 300
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

/** What one kind of request met: how long each took, and what it was told. */
class Asked {
  readonly times: number[] = []
  readonly outcomes: string[] = []

  get p99Ms(): number {
    return percentile(this.times, 0.99) ?? Infinity
  }

  get about(): string {
    const [p50, p99] = [percentile(this.times, 0.5), this.p99Ms].map((time) => time?.toFixed(2))
    return `p50 ${p50} ms, p99 ${p99} ms; ${describeCounts(countOf(this.outcomes))}`
  }
}

/** Asks in turn, one request after the other at fixed times: what the machine does besides meets all kinds alike. */
async function askInTurn(kinds: readonly Outage[], agent: Agent, count: number): Promise<readonly Asked[]> {
  const asked = kinds.map(() => new Asked())
  const open: Promise<void>[] = []
  const startedAt = performance.now()
  for (let number = 0; number < count * kinds.length; number += 1) {
    const kind = number % kinds.length
    const [outage, seen] = [kinds[kind], asked[kind]]
    if (outage === undefined || seen === undefined) continue
    await delay(Math.max(0, startedAt + number * APART_MS - performance.now()))
    const sentAt = performance.now()
    const note = (outcome: string) => {
      seen.times.push(performance.now() - sentAt)
      seen.outcomes.push(outcome)
    }
    open.push(statusOf(outage, agent).then(note))
  }
  await Promise.all(open)
  return asked
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
  about: 'all backends of a model are down: how long it takes to say so, beside the bare proxy in the same seconds',
  run: (context) =>
    withOutage(context, async (of, agent) => {
      const failing = of('failing')
      const order = nodeOrder(context.layout.target, [childFile('bare-proxy'), failing.simulator.url])
      const { port } = JSON.parse(await context.processes.start(order, 'read').firstLine()) as { port: number }
      const kinds = [of('usual'), failing, { ...failing, url: `http://127.0.0.1:${port}` }]
      await askInTurn(kinds, agent, WARM_UP)
      const [refused, errors, bare] = await askInTurn(kinds, agent, REQUESTS)
      if (refused === undefined || errors === undefined || bare === undefined) throw new Error('nothing was asked')
      return [
        atMost('connections refused: p99', refused.p99Ms, FAST_FAIL_MS, 'ms'),
        shown('connections refused', refused.about),
        atMost('500 from all: p99', errors.p99Ms, FAST_FAIL_MS, 'ms'),
        shown('500 from all', errors.about),
        // Tells how calm the machine was: nobody is faster than the bare proxy but by its noise.
        shown('the bare proxy before the backend that answers 500', bare.about),
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
