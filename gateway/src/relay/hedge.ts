import type { HedgePolicy } from '../config/snapshot.ts'
import { HedgeLost } from '../errors/hedge-lost.ts'
import { depositShare, draw, mayDraw, RATIO_BUDGET_SIZE } from '../limit/ratio-budget.ts'
import { RECENT_TIMES_SIZE, recordTime, timeWithin } from '../limit/recent-times.ts'
import type { Delivered } from './attempt.ts'
import { askOne, type OneCall } from './ask-one.ts'
import { Race, RacedClient } from './raced-client.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import { stateName, type InstanceState } from './route-states.ts'

/** A quantile of the model's own times is held within these (protection.md X1). */
const SHORTEST_MS = 300
const LONGEST_MS = 30_000

export interface HedgedCall extends Omit<OneCall, 'client' | 'signal'> {
  /** Another instance to be asked now, which is then taken as asked; undefined when there is none. */
  readonly another: () => InstanceState | undefined
}

/**
 * One call, and a second one to another instance if the first has not begun its answer in time. Whichever begins first
 * answers, the other is ended at once; one that fails leaves it to the other. Costs calls, so it is asked for, kept
 * within a share of all requests, and given up while the gateway itself is under strain.
 */
export function askHedged(input: RelayInput, hedged: HedgedCall, ports: RelayPorts): Promise<Delivered> {
  const { question, states, state, why, backOffMs } = hedged
  const { hedge } = question.route.policy
  const waitMs = hedge === undefined ? undefined : hedgeAfter(input, { hedge, question }, ports)
  // Most requests come this way, and a promise of their own would cost them a microsecond.
  if (waitMs === undefined)
    return askOne(input, { question, states, state, client: input.client, signal: input.cancel.signal, why, backOffMs }, ports)
  return race(input, { ...hedged, waitMs }, ports)
}

async function race(input: RelayInput, hedged: HedgedCall & { readonly waitMs: number }, ports: RelayPorts): Promise<Delivered> {
  const { client, cancel } = input
  const { question, states, waitMs, why, backOffMs } = hedged
  if (waitMs === Infinity) {
    const delivered = await askOne(input, { question, states, state: hedged.state, client, signal: cancel.signal, why, backOffMs }, ports)
    return noting(delivered, { input, question }, ports)
  }
  const runners: Runner[] = []
  const runnersRace = new Race((winner) => {
    for (const runner of runners) if (runner.client !== winner) runner.cancel.abort(new HedgeLost())
  })
  const run = (state: InstanceState, reason: Pick<OneCall, 'why' | 'backOffMs'>): Promise<Delivered> => {
    const runner = { client: new RacedClient(client, runnersRace), cancel: new AbortController() }
    runners.push(runner)
    const follow = () => runner.cancel.abort(cancel.signal.reason)
    cancel.signal.addEventListener('abort', follow, { once: true })
    if (cancel.signal.aborted) follow()
    const call = { question, states, state, client: runner.client, signal: runner.cancel.signal, ...reason }
    return askOne(input, call, ports).finally(() => cancel.signal.removeEventListener('abort', follow))
  }
  const first = run(hedged.state, { why, backOffMs })
  const early = await within(waitMs, first)
  if (early !== undefined || runnersRace.winner !== undefined || cancel.signal.aborted)
    return noting(await first, { input, question }, ports)
  const budget = ports.table.vector(stateName.hedges(question.route), RATIO_BUDGET_SIZE)
  const other = mayDraw(budget) && ports.mayHedge() ? hedged.another() : undefined
  if (other === undefined) return noting(await first, { input, question }, ports)
  draw(budget)
  input.record.hedge = 'lost'
  // Both are awaited: nothing that they hold may outlive the request.
  const [one, two] = await Promise.all([first, run(other, { why: 'hedge', backOffMs: 0 })])
  const isSecond = runnersRace.winner !== undefined && runnersRace.winner === runners[1]?.client
  if (isSecond) input.record.hedge = 'won'
  const delivered = isSecond ? two : one
  return noting(delivered, { input, question }, ports)
}

/** What is there in time; undefined when it is not. A signal for the wait would cost as much as the rest of a quick call's race. */
function within<Value>(milliseconds: number, awaited: Promise<Value>): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds)
    const inTime = (value: Value) => {
      clearTimeout(timer)
      resolve(value)
    }
    awaited.then(inTime, reject)
  })
}

interface Runner {
  readonly client: RacedClient
  readonly cancel: AbortController
}

/** When to send the second call; Infinity: not before more is known of the model; undefined: never. */
function hedgeAfter(
  { call, client, record }: RelayInput,
  { hedge, question }: { hedge: HedgePolicy; question: OneCall['question'] },
  ports: RelayPorts,
): number | undefined {
  // What has begun, what cannot be sent twice, and what leaves something behind on the server.
  if (client.started || call.kind !== 'json' || call.fields['store'] === true) return undefined
  if (record.attempts.length === 0) depositShare(ports.table.vector(stateName.hedges(question.route), RATIO_BUDGET_SIZE), hedge.budget)
  if (hedge.afterMs !== undefined) return hedge.afterMs
  const usual = timeWithin(ports.table.vector(stateName.firstTokens(question.route), RECENT_TIMES_SIZE), hedge.quantile)
  return usual === undefined ? Infinity : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, usual))
}

/** The time that it took until the answer began is what later requests go by. */
function noting(
  delivered: Delivered,
  { input, question }: { input: RelayInput; question: OneCall['question'] },
  ports: RelayPorts,
): Delivered {
  if (delivered.kind !== 'answered') return delivered
  const answered = input.record.attempts.findLast(({ outcome }) => outcome === 'ok')
  if (answered !== undefined)
    recordTime(ports.table.vector(stateName.firstTokens(question.route), RECENT_TIMES_SIZE), answered.arrivedAt - answered.sentAt)
  return delivered
}
