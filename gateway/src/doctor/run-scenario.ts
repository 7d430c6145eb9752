import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { askChat } from './ask-chat.ts'
import { chatsOf, startBench, type Bench } from './bench.ts'
import { effectivePolicy } from './bench-config.ts'
import type { Policy } from '../config/snapshot.ts'
import { commonFindings, leftoverFindings } from './common-checks.ts'
import { answerTo } from './conversation.ts'
import { when, worstOf, type Finding, type Verdict } from './finding.ts'
import type { Heard, Mode } from './heard.ts'
import { fallIll, type Illness } from './illness.ts'
import type { Call, Leftovers, Observation } from './observation.ts'
import type { DoctorPolicies } from './policies.ts'
import { stillOpen } from './read-samples.ts'
import type { Scenario, Sequence } from './scenarios/scenario.ts'
import { watchStandstill } from './standstill.ts'
import { shortened } from './time-scale.ts'
import type { Simulator } from '../simulator/simulator.ts'

export interface Judgement {
  readonly verdict: Verdict
  /** Those that say `pass` tell only what was measured. */
  readonly findings: readonly Finding[]
}

export interface RunOptions {
  readonly policies: DoctorPolicies
  /** How many times faster than real time: 1 to 100. */
  readonly speed: number
}

/** Real milliseconds, beyond a scenario's own: what a busy machine may take. */
const GRACE_MS = 3_000
const LOOK_EVERY_MS = 5
/** Beyond those of every scenario. */
const AFTERWARDS = 1_000

/** From here on the gateway may take the machine for overloaded, and refuse. */
const STANDSTILL_MS = 100
/** A run during which the process stood still says nothing; another one may. */
const MOST_RUNS = 3

/** Plays one scenario on a bench of its own, and judges it. Rejects only where the bench cannot be set up. */
export async function runScenario(scenario: Scenario, mode: Mode, options: RunOptions): Promise<Judgement> {
  for (let run = 1; ; run += 1) {
    const { judgement, disturbed } = await runOnce(scenario, mode, options)
    if (judgement.verdict === 'pass' || !disturbed || run === MOST_RUNS) return judgement
  }
}

async function runOnce(scenario: Scenario, mode: Mode, options: RunOptions): Promise<{ judgement: Judgement; disturbed: boolean }> {
  const policy = effectivePolicy(options.policies)
  const bench = await startBench(options.policies, { speed: options.speed, timed: scenario.timed === true })
  const illness = fallIll(bench, scenario, { mode, speed: options.speed })
  const standstill = watchStandstill()
  try {
    const answers = await play({ scenario, mode, bench, illness, ...options })
    const settled = await becomes(() => bench.records.length >= answers.length, GRACE_MS)
    const held = await becomes(() => heldCalls(bench) === 0, GRACE_MS)
    const disturbed = standstill.longestMs() > Math.min(shortestLimit(bench) / 3, STANDSTILL_MS)
    const observation = await observe({ bench, illness, answers, policy, mode, speed: options.speed })
    illness.end()
    const leftovers = await lookAfter({ bench, mode, options, policy, unsettled: settled ? 0 : answers.length - bench.records.length })
    const findings = eachOnce([
      ...commonFindings(observation),
      ...scenario.judge(observation),
      ...when(!held, 'fail', 'calls to servers went on after the client had its answer'),
      ...leftoverFindings(leftovers),
    ])
    return { judgement: { verdict: worstOf(findings.map(({ verdict }) => verdict)), findings }, disturbed }
  } finally {
    standstill.stop()
    illness.end()
    await bench.close()
  }
}

/** Of all that run while a server is waited for. */
function shortestLimit({ gateway }: Bench): number {
  const limits = [...(gateway.snapshot.routes.get('chat')?.values() ?? [])].map(({ policy }) => policy.timeouts)
  return Math.min(...limits.flatMap(({ response, firstToken, idle }) => [response, firstToken, idle]))
}

/** Twenty requests may end in the same way. */
function eachOnce(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.verdict} ${finding.what}`, finding])).values()]
}

interface Playing extends RunOptions {
  readonly scenario: Scenario
  readonly mode: Mode
  readonly bench: Bench
  readonly illness: Illness
}

type Answers = Observation['answers']

async function play(playing: Playing): Promise<Answers> {
  const { scenario } = playing
  return scenario.sequence === undefined ? [await askOnce(playing, 0)] : playSequence(playing, scenario.sequence)
}

async function askOnce({ scenario, mode, bench, policies, speed }: Playing, number: number): Promise<{ heard: Heard; expected: string }> {
  const limitMs = shortened(scenario.longestMs, speed) + GRACE_MS
  const heard = await askChat({ url: bench.url, model: policies.model, mode, number, limitMs })
  return { heard, expected: answerTo(number) }
}

/** One after the other, each at its time or when the one before has ended. */
async function playSequence(playing: Playing, { requests, everyMs, illForMs, more }: Sequence): Promise<Answers> {
  const { illness, speed } = playing
  const startedAt = performance.now()
  const recovery = setTimeout(() => illness.end(), shortened(illForMs, speed))
  const isBack = () => illness.ill.some((server) => chatsOf(server).some((chat) => chat.startedAt >= illness.to))
  const answers: { heard: Heard; expected: string }[] = []
  try {
    for (let number = 0; number < requests || (number < requests + more && !isBack()); number += 1) {
      await delay(Math.max(0, startedAt + number * (everyMs / speed) - performance.now()))
      answers.push(await askOnce(playing, number))
    }
  } finally {
    clearTimeout(recovery)
  }
  return answers
}

async function observe(given: {
  bench: Bench
  illness: Illness
  answers: Answers
  policy: Policy
  mode: Mode
  speed: number
}): Promise<Observation> {
  const { bench, illness, ...rest } = given
  const ill = illness.ill
  const callsOf = (servers: readonly Simulator[]): readonly Call[] =>
    servers.flatMap((server) => chatsOf(server).map(({ startedAt, abortedAt }) => ({ startedAt, wasGivenUp: abortedAt !== undefined })))
  return {
    ...rest,
    breaker: breakerOf(bench, illness.first?.name, given.policy),
    instances: bench.pool.length,
    records: [...bench.records],
    ill: illness.first?.name,
    calls: { ill: callsOf(ill), rest: callsOf(bench.pool.filter((server) => !ill.includes(server))), spare: callsOf(bench.spare) },
    samples: await bench.samples(),
    illness: { from: illness.from, to: illness.to },
  }
}

function breakerOf({ gateway }: Bench, id: string | undefined, policy: Policy): Observation['breaker'] {
  for (const route of gateway.snapshot.routes.get('chat')?.values() ?? []) {
    const instance = route.instances.find(({ backend }) => backend.id === id)
    if (instance !== undefined) return { ...route.policy.breaker, ...instance.backend.breaker }
  }
  return policy.breaker
}

/** With all servers well: one more request, and then nothing may be left of any. */
async function lookAfter(given: { bench: Bench; mode: Mode; options: RunOptions; policy: Policy; unsettled: number }): Promise<Leftovers> {
  const { bench, mode, policy, unsettled } = given
  const { policies, speed } = given.options
  // A server that asked to be left alone is waited for, well or not.
  const limitMs = shortened(policy.retry.maxWaitMs, speed) + GRACE_MS
  const after = await askChat({ url: bench.url, model: policies.model, mode, number: AFTERWARDS, limitMs })
  await becomes(() => bench.gateway.openLeases() === 0 && heldCalls(bench) === 0, GRACE_MS)
  const leases = bench.gateway.openLeases()
  const open = stillOpen(await bench.samples())
  const calls = heldCalls(bench)
  await bench.stopGateway()
  const all = [...bench.pool, ...bench.spare]
  const socketsOf = () => all.reduce((sum, server) => sum + server.connections(), 0)
  await becomes(() => socketsOf() === 0, GRACE_MS)
  return { unsettled, leases, open, calls, sockets: socketsOf(), after }
}

function heldCalls({ pool, spare }: Bench): number {
  return [...pool, ...spare].reduce((sum, server) => sum + server.inFlight(), 0)
}

/** Whether it holds within the time. */
async function becomes(holds: () => boolean, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > until) return false
    await delay(LOOK_EVERY_MS)
  }
  return true
}
