import type { Answers } from '@jairouter/contract/adapter'
import type { ReasoningField } from '@jairouter/contract/names'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { eventOf } from '../../lib/sse-event.ts'
import type { SseEvent } from '../../lib/sse-reader.ts'
import { contentPartsRepair } from './content-parts.ts'
import { finishReasonRepair } from './finish-reasons.ts'
import { reasoningFieldRepair } from './reasoning-field.ts'
import type { Repair, StreamRepair } from './repair.ts'
import { thinkTagsRepair } from './think-tags.ts'
import { toolCallsRepair } from './tool-calls.ts'
import { withUsageAtTop } from './usage-at-top.ts'

/** Brings the answers of one backend to chats and completions into OpenAI's shape. */
export interface AnswerRepair {
  /** A whole answer; the same object where nothing is to be mended. */
  whole(answer: JsonObject): JsonObject
  /** For one stream. */
  stream(expectedChoices: number): EventRepair
}

export interface EventRepair {
  /** Events in, events out: the same, bytes and all, but for those that are mended. */
  push(events: readonly SseEvent[]): readonly SseEvent[]
  /** What is owed when the stream has ended without `[DONE]`. */
  end(): readonly SseEvent[]
}

export interface RepairOptions {
  readonly answers: Answers
  readonly emitReasoning: ReasoningField
  /** A unique id for a tool call that has none. */
  readonly newId: () => string
}

/** Undefined where answers need no mending. */
export function createAnswerRepair({ answers, emitReasoning, newId }: RepairOptions): AnswerRepair | undefined {
  // What makes `reasoning_content` goes before what gives it the name that is wanted.
  const repairs = [
    ...(answers.contentParts ? [contentPartsRepair()] : []),
    ...(answers.thinkTags ? [thinkTagsRepair()] : []),
    ...(answers.toolCalls === 'normalise' ? [toolCallsRepair(newId)] : []),
    ...(Object.keys(answers.finishReasons).length > 0 ? [finishReasonRepair(answers.finishReasons)] : []),
    ...(emitReasoning === 'as-is' ? [] : [reasoningFieldRepair(emitReasoning)]),
  ]
  if (repairs.length === 0 && !answers.usageInChoices) return undefined
  return {
    whole(answer) {
      const mended = withChoices(answer, (choice) => repairs.reduce((told, repair) => repair.whole(told), choice))
      return answers.usageInChoices ? withUsageAtTop(mended) : mended
    },
    stream: (expectedChoices) => createEventRepair(repairs, expectedChoices),
  }
}

const OPEN_BRACKET = 0x5b

function createEventRepair(repairs: readonly Repair[], expectedChoices: number): EventRepair {
  const parts = repairs.map((repair) => repair.stream(expectedChoices))
  let last: JsonObject = {}

  function mend(event: SseEvent): readonly SseEvent[] {
    const { data } = event
    if (data === undefined) return [event]
    // `[DONE]`: no chunk of an object begins so.
    if (data[0] === OPEN_BRACKET) return [...owed(), event]
    if (!parts.some((part) => part.wants(data))) return [event]
    const chunk = parse(data)
    if (chunk === undefined) return [event]
    last = chunk
    const mended = withChoices(chunk, (choice) => parts.reduce((told, part) => part.mend(told), choice))
    return mended === chunk ? [event] : [eventOf(mended)]
  }

  function owed(): SseEvent[] {
    return parts.flatMap((part, at) =>
      part.rest().map((choice) => eventOf({ ...envelopeOf(last), choices: [afterwards(choice, parts.slice(at + 1))] })),
    )
  }

  return {
    push(events) {
      const mended = events.flatMap(mend)
      return mended.length === events.length && mended.every((event, index) => event === events[index]) ? events : mended
    },
    end: owed,
  }
}

/** What one repair held back goes through those behind it, too. */
function afterwards(choice: JsonObject, parts: readonly StreamRepair[]): JsonObject {
  return parts.reduce((told, part) => part.mend(told), choice)
}

function envelopeOf({ choices: _choices, usage: _usage, ...envelope }: JsonObject): JsonObject {
  return envelope
}

function withChoices(answer: JsonObject, mend: (choice: JsonObject) => JsonObject): JsonObject {
  const choices = answer['choices']
  if (!Array.isArray(choices)) return answer
  const mended = choices.map((choice: unknown) => (isObject(choice) ? mend(choice) : choice))
  return mended.every((choice, index) => choice === choices[index]) ? answer : { ...answer, choices: mended }
}

function parse(data: Buffer): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(data.toString('utf8'))
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
