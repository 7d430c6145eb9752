import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../../../src/lib/json.ts'
import type { Asking } from '../asking.ts'

export type FrontName = 'openai' | 'anthropic' | 'responses' | 'ollama'

/** An answer as a client of the dialect reads it, in no dialect. */
export interface Heard {
  readonly reasoning: string
  readonly text: string
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: JsonObject }[]
  /** How it ended, in the dialect's own word. */
  readonly stop: string
  /** In tokens; what the dialect can't tell, or was not told, is 0. */
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number; readonly reasoning: number }
}

/** A stream that broke: what came before, and the dialect's own error. */
export interface Broken {
  readonly text: string
  readonly message: string
  /** The dialect's name for the kind of error; '' where it has none. */
  readonly type: string
}

/** How clients of one dialect ask and read. The readers throw wherever the dialect is not kept to the letter. */
export interface Front {
  readonly name: FrontName
  readonly path: string
  readonly streamType: string
  body(asking: Asking, model: string, stream: boolean): JsonObject
  hear(answer: JsonObject): Heard
  hearStream(text: string): Heard
  /** Throws where the stream has a proper end. */
  hearBroken(text: string): Broken
  /** The message and the type of an error's body. */
  error(body: JsonObject, headers: IncomingHttpHeaders): { readonly message: string; readonly type: string; readonly param?: string }
}

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what)
}

/** The fields that are given. */
export function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** A text with line feeds goes in several parts, where the dialect has parts: a wire joins them again. */
export const linesOf = (text: string): readonly string[] => text.split('\n')
