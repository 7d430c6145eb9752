import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { StepSkip } from '@jairouter/contract/management/reasons'
import type { FallbackStep, Route } from '../config/snapshot.ts'
import { unitsOf } from '../endpoints/used-units.ts'
import { causeOf, stepApplies, type FallbackCause } from '../fallback/conditions.ts'
import { defaultAnswer } from '../fallback/default-answer.ts'
import { wastedCalls } from '../telemetry/request-cost.ts'
import { admitToFallback } from './admission.ts'
import { ask, type Question } from './ask.ts'
import type { Delivered, Unanswered } from './attempt.ts'
import type { AnswerHeaders } from './client-port.ts'
import { furtherRules, heldTo, noteFindings } from './content-guard.ts'
import { STREAM_HEADERS } from './deliver-stream.ts'
import type { Failure } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { Remembered } from './remembered.ts'
import type { RouteStates } from './route-states.ts'

/**
 * Asks the route, then goes along its fallback chain as long as the failure is one that a step answers to: never a
 * client's own 4xx. A stream that was begun can only be completed by a model. If no step helps, the client is told why
 * the model that it asked for could not answer, or of the refusal that nobody may be asked to get around.
 */
export async function askAlong(input: RelayInput, question: Question, { remembered, ports }: ChainPorts): Promise<Delivered> {
  const first = await ask(input, question, ports)
  if (first.kind === 'answered') return first
  const asked = causeOfFailure(first.failure)
  let told: Unanswered = first
  let latest = asked
  for (const step of question.route.policy.fallback) {
    if (latest === undefined) break
    const applies = answersTo(step, { latest, asked })
    if (!applies || (told.kind === 'interrupted' && step.kind !== 'model')) continue
    const delivered = await take(step, input, { question, remembered, ports })
    if (delivered === undefined) continue
    // Also where it completes what another model began: the answer is no longer that one's alone.
    if (delivered.kind !== 'failed') input.record.fallback = step.kind
    if (delivered.kind === 'answered') return delivered
    latest = causeOfFailure(delivered.failure)
    if (delivered.kind === 'interrupted' || latest === 'content-filter') told = delivered
  }
  return told
}

/** A step for what the first model lacked still holds when the second one lacks something else. A refusal ends that. */
export function answersTo(
  { on }: FallbackStep,
  { latest, asked }: { readonly latest: FallbackCause | undefined; readonly asked: FallbackCause | undefined },
): boolean {
  return stepApplies(on, latest) || (latest !== 'content-filter' && stepApplies(on, asked))
}

interface ChainPorts {
  readonly remembered: Remembered | undefined
  readonly ports: RelayPorts
}

export function causeOfFailure({ status, error, outcome, said }: Failure): FallbackCause | undefined {
  return causeOf({ status, code: error.code ?? '', outcome, upstream: said })
}

/** Undefined where the step has nothing for this request. */
async function take(
  step: FallbackStep,
  input: RelayInput,
  { question, remembered, ports }: ChainPorts & { question: Question },
): Promise<Delivered | undefined> {
  switch (step.kind) {
    case 'model':
      return askOther(step.model, input, { question, ports })
    case 'cache':
      return remembered?.replayLastGood(step.maxAgeMs, marked('cache')) === true ? ANSWERED : undefined
    case 'response':
      return respond(step.content, input, { question, ports }) ? ANSWERED : undefined
  }
}

const ANSWERED: Delivered = { kind: 'answered', usage: undefined }

/** Where a step by a model leads, or why nowhere. */
export function routeOfStep(
  model: string,
  { call, snapshot }: Pick<RelayInput, 'call' | 'snapshot'>,
  { asked, states }: { readonly asked: Route; readonly states: RouteStates },
): Route | StepSkip {
  const route = snapshot.routes.get(SERVICE_OF_ENDPOINT[call.endpoint.id])?.get(model)
  if (route === undefined) return 'no-model'
  // An alias leads to the route that was asked already.
  if (route.service === asked.service && route.model === asked.model) return 'same-route'
  if (call.kind !== 'json' && !call.upload.replayable) return 'not-repeatable'
  return states.of(route, call.endpoint.id).length === 0 ? 'no-endpoint' : route
}

async function askOther(
  model: string,
  input: RelayInput,
  { question, ports }: { question: Question; ports: RelayPorts },
): Promise<Delivered | undefined> {
  const { call, cancel, key, client, record } = input
  const route = routeOfStep(model, input, { asked: question.route, states: ports.states })
  if (typeof route === 'string' || cancel.signal.aborted) return undefined
  const rules = furtherRules(route, input.content)
  // A session cannot keep them.
  if (rules !== undefined && question.askInstance !== undefined) return undefined
  const admitted = admitToFallback({ call, route, key, address: client.address, budgets: ports.budgets }, ports.limits, ports.now())
  if (admitted === 'refused') return undefined
  const attemptsBefore = record.attempts.length
  let delivered: Delivered | undefined
  let told = input
  try {
    if (rules !== undefined) {
      told = await heldTo(input, rules)
      question.resumption?.neverGoOn()
    }
    const marks = { ...question.marks, ...marked(`model:${route.model}`) }
    delivered = await ask(told, { ...question, route, isFallback: true, marks }, ports)
    return delivered
  } finally {
    if (told.content !== undefined) noteFindings(record, told.content)
    const usage = delivered === undefined || delivered.kind === 'failed' ? undefined : delivered.usage
    const answered = delivered?.kind === 'answered' || usage !== undefined
    if (answered) {
      record.answeredBy = route.model
      question.admission?.answeredBy(route.model)
    }
    const made = record.attempts.slice(attemptsBefore)
    const units = delivered?.kind === 'answered' ? unitsOf(call) : undefined
    admitted?.settle({ sent: made.length > 0, answered, usage, units, wasted: wastedCalls({ attempts: made, usage }) }, ports.now())
  }
}

function respond(
  content: string,
  { call, client, record, startedAt }: RelayInput,
  { question, ports }: { question: Question; ports: RelayPorts },
): boolean {
  if (call.kind !== 'json') return false
  const { endpoint, fields, model } = call
  const created = Math.floor(ports.wallClock() / 1_000)
  const answer = defaultAnswer({ endpoint, fields, model, content, id: `chatcmpl-${record.id}`, created })
  if (answer === undefined) return false
  record.firstByteMs = ports.now() - startedAt
  const type = answer.kind === 'stream' ? STREAM_HEADERS : { 'content-type': 'application/json' }
  client.send(200, { ...marked('response'), ...type, ...question.admission?.headers(ports.now()) }, answer.body)
  return true
}

/** That an answer is not the one that was asked for is told even where routing is hidden. */
function marked(step: string): AnswerHeaders {
  return { 'x-jairouter-fallback': encodeURI(step.toWellFormed()) }
}
