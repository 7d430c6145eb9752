import { randomBytes } from 'node:crypto'
import { createAnswerRepair, type AnswerRepair } from '../adapters/repairs/answer-repair.ts'
import { choicesAsked } from '../endpoints/choice-count.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { EventReader } from '../endpoints/native-form.ts'
import { namesTool, withToolReasons } from '../endpoints/finish-reasons.ts'
import type { Delivery } from './attempt.ts'

type Mended = Pick<Delivery, 'call' | 'route' | 'state'>

/** A chat's or completion's whole answer in OpenAI's shape; undefined where it is that already, and its bytes can stay. */
export function mendedAnswer(delivery: Mended, answer: unknown): JsonObject | undefined {
  const { call } = delivery
  if (call.endpoint.stream !== 'completion' || call.kind !== 'json' || !isObject(answer)) return undefined
  const mended = repairOf(delivery)?.whole(answer) ?? answer
  const told = namesTool(call.fields) ? mended : withToolReasons(mended)
  return told === answer ? undefined : told
}

/** The reader itself where the backend's streams need no mending. */
export function mendedReader(delivery: Mended, reader: EventReader): EventReader {
  const { call } = delivery
  if (call.endpoint.stream !== 'completion' || call.kind !== 'json') return reader
  const stream = repairOf(delivery)?.stream(choicesAsked(call.endpoint, call.fields))
  if (stream === undefined) return reader
  return {
    push: (bytes) => stream.push(reader.push(bytes)),
    flush: () => [...stream.push(reader.flush()), ...stream.end()],
  }
}

function repairOf({ route, state }: Mended): AnswerRepair | undefined {
  return createAnswerRepair({ answers: state.instance.backend.adapter.answers, emitReasoning: route.policy.emitReasoning, newId })
}

/** As OpenAI's: 24 letters and digits. */
function newId(): string {
  return `call_${randomBytes(12).toString('hex')}`
}
