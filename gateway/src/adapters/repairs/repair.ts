import { isObject, type JsonObject } from '../../lib/json.ts'

/** Mends one thing in the choices of an answer. Pure, but for what a stream has said so far. */
export interface Repair {
  /** A choice of a whole answer; the same object where nothing is to be mended. */
  whole(choice: JsonObject): JsonObject
  /** For one stream, of which as many choices are expected. */
  stream(expectedChoices: number): StreamRepair
}

export interface StreamRepair {
  /** Whether a chunk may need it, by byte searches alone: chunks that no repair wants are not parsed. */
  wants(data: Buffer): boolean
  /** A choice of a chunk; the same object where nothing is to be mended. */
  mend(choice: JsonObject): JsonObject
  /** Choices with what was held back, for a stream that has ended without a word on how. */
  rest(): readonly JsonObject[]
}

/** A repair of messages, and of the pieces of them, that needs to know nothing of those before. */
export function messageRepair(wants: (data: Buffer) => boolean, mend: (message: JsonObject) => JsonObject): Repair {
  const stream: StreamRepair = { wants, mend: (choice) => within(choice, 'delta', mend), rest: () => [] }
  return { whole: (choice) => within(choice, 'message', mend), stream: () => stream }
}

/** Mends the message or the delta of a choice, if it has one. */
export function within(choice: JsonObject, key: 'message' | 'delta', mend: (message: JsonObject) => JsonObject): JsonObject {
  const message = choice[key]
  if (!isObject(message)) return choice
  const mended = mend(message)
  return mended === message ? choice : { ...choice, [key]: mended }
}

export function indexOf(choice: JsonObject): number {
  return typeof choice['index'] === 'number' ? choice['index'] : 0
}

/** The choice of this chunk is its last. */
export function isFinished(choice: JsonObject): boolean {
  return typeof choice['finish_reason'] === 'string'
}

/** A text, or '' for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
