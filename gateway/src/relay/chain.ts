import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { FallbackStep } from '../config/snapshot.ts'
import { causeOf, stepApplies, type FallbackCause } from '../fallback/conditions.ts'
import { defaultAnswer } from '../fallback/default-answer.ts'
import { admitToFallback } from './admission.ts'
import { ask, type Question } from './ask.ts'
import type { Delivered } from './attempt.ts'
import type { AnswerHeaders } from './client-port.ts'
import { STREAM_HEADERS } from './deliver-stream.ts'
import type { Failure } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { Remembered } from './remembered.ts'

/**
 * Asks the route, then goes along its fallback chain as long as the failure is one that a step answers to: never a
 * client's own 4xx, never once the client has received anything. If no step helps, the client is told why the model
 * that it asked for could not answer.
 */
export async function askAlong(input: RelayInput, question: Question, { remembered, ports }: ChainPorts): Promise<Delivered> {
  const first = await ask(input, question, ports)
  if (first.kind === 'answered') return first
  const asked = causeOfFailure(first.failure)
  let latest = asked
  for (const step of question.route.policy.fallback) {
    // What has been begun can only be completed by a model.
    const mayAnswer = !input.client.started || (first.kind === 'interrupted' && step.kind === 'model')
    if (!mayAnswer || latest === undefined) continue
    if (!stepApplies(step.on, asked) && !stepApplies(step.on, latest)) continue
    const delivered = await take(step, input, { question, remembered, ports })
    if (delivered?.kind === 'answered') {
      input.record.fallback = step.kind
      return delivered
    }
    if (delivered !== undefined) latest = causeOfFailure(delivered.failure)
  }
  return first
}

interface ChainPorts {
  readonly remembered: Remembered | undefined
  readonly ports: RelayPorts
}

function causeOfFailure({ status, error, outcome, said }: Failure): FallbackCause | undefined {
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
      return respond(step.content, input, ports) ? ANSWERED : undefined
  }
}

const ANSWERED: Delivered = { kind: 'answered', usage: undefined }

async function askOther(
  model: string,
  input: RelayInput,
  { question, ports }: { question: Question; ports: RelayPorts },
): Promise<Delivered | undefined> {
  const { call, cancel, snapshot, key, client } = input
  const route = snapshot.routes.get(SERVICE_OF_ENDPOINT[call.endpoint.id])?.get(model)
  const replayable = call.kind === 'json' || call.upload.replayable
  if (route === undefined || !replayable || cancel.signal.aborted) return undefined
  const admitted = admitToFallback({ call, route, key, address: client.address }, ports.limits, ports.now())
  if (admitted === 'refused') return undefined
  const attemptsBefore = input.record.attempts.length
  const delivered = await ask(input, { ...question, route, marks: marked(`model:${route.model}`) }, ports)
  const answered = delivered.kind === 'answered'
  const usage = answered ? delivered.usage : undefined
  admitted?.settle({ sent: input.record.attempts.length > attemptsBefore, answered, usage }, ports.now())
  return delivered
}

function respond(content: string, { call, client, record, startedAt }: RelayInput, ports: RelayPorts): boolean {
  if (call.kind !== 'json') return false
  const { endpoint, fields, model } = call
  const created = Math.floor(ports.wallClock() / 1_000)
  const answer = defaultAnswer({ endpoint, fields, model, content, id: `chatcmpl-${record.id}`, created })
  if (answer === undefined) return false
  record.firstByteMs = ports.now() - startedAt
  const type = answer.kind === 'stream' ? STREAM_HEADERS : { 'content-type': 'application/json' }
  client.send(200, { ...marked('response'), ...type }, answer.body)
  return true
}

/** That an answer is not the one that was asked for is told even where routing is hidden. */
function marked(step: string): AnswerHeaders {
  return { 'x-jairouter-fallback': encodeURI(step.toWellFormed()) }
}
