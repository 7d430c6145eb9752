import type { JsonObject } from '../../src/lib/json.ts'
import type { Reply, Understood } from './double.ts'
import type { Refused } from './refused.ts'
import type { Answer, Asked } from './serve.ts'

export type Message = Extract<Reply, { kind: 'message' }>

export type ChatAsked = Asked & { readonly body: JsonObject }

/** Why no more events follow. */
export type Ending = 'complete' | 'failed' | 'cut'

/** What one wire format has of its own: how its server reads, refuses and answers. */
export interface Wire {
  isChat(path: string): boolean
  /** What is looked at on every path, before anything else. Throws Refused. */
  admit(asked: Asked): void
  /** Health, lists of models and what else the server has beside chat. */
  side(asked: Asked): Answer | undefined
  notFound(asked: Asked): Answer
  /** Throws Refused for a chat request that the server would not serve; `lenient` passes fields that it does not know. */
  check(asked: ChatAsked, lenient: boolean): void
  refusal(asked: Asked, refused: Refused): Answer
  wantsStream(asked: ChatAsked): boolean
  readonly headers: (asked: ChatAsked, streamed: boolean) => Readonly<Record<string, string>>
  /** The text of a whole answer. */
  whole(asked: ChatAsked, message: Message): string
  events(asked: ChatAsked, message: Message): readonly JsonObject[]
  /** The events of an answer that has got as far as this text. */
  begun(asked: ChatAsked, text: string): readonly JsonObject[]
  /** What says within a stream that it failed. */
  failed(asked: ChatAsked, message: string): JsonObject
  /** The events as bytes, with whatever closes a stream that ends so. */
  frames(asked: ChatAsked, events: readonly JsonObject[], ending: Ending): readonly string[]
  error(asked: Asked, error: { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number }): Answer
  understand(path: string, body: JsonObject): Understood
}
