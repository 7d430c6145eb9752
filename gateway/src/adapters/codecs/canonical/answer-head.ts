import type { JsonObject } from '../../../lib/json.ts'
import type { AnswerContext, StreamPiece } from '../codec.ts'

/** What the backend itself tells of its answer, in place of what the gateway would say. */
export interface OwnHead {
  readonly id?: string | undefined
  /** Epoch seconds. */
  readonly created?: number | undefined
}

/** What stands before the choices of an answer, or of each of its chunks. */
export function answerHead(context: AnswerContext, form: 'whole' | 'chunk', own: OwnHead = {}): JsonObject {
  const chat = context.endpoint === 'chat'
  return {
    id: own.id ?? `${chat ? 'chatcmpl' : 'cmpl'}-${context.id}`,
    object: chat ? CHAT_OBJECTS[form] : 'text_completion',
    created: own.created ?? context.created,
    model: context.model,
  }
}

const CHAT_OBJECTS = { whole: 'chat.completion', chunk: 'chat.completion.chunk' } as const

/** A chunk with one choice, or none. */
export function toChunk(head: JsonObject | undefined, choice: JsonObject | undefined, rest: JsonObject = {}): StreamPiece {
  return { kind: 'chunk', chunk: { ...head, choices: choice === undefined ? [] : [choice], ...rest } }
}

/** The last chunk of a stream. */
export function usageChunk(head: JsonObject | undefined, usage: JsonObject): StreamPiece {
  return toChunk(head, undefined, { usage })
}

/** Deltas of one choice, the first of which says whose message it is, whatever it brings. */
export function createRoleTeller(): { tell(delta: JsonObject): JsonObject; told(): boolean } {
  let told = false
  return {
    told: () => told,
    tell(delta) {
      const whole = told ? delta : { role: 'assistant', ...delta }
      told = true
      return whole
    },
  }
}
