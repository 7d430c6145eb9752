import type { JsonObject } from '../lib/json.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { DONE_EVENT } from '../endpoints/stream-tap.ts'
import { choicesAsked, usageAsked } from '../endpoints/choice-count.ts'

export interface DefaultAnswerInput {
  readonly endpoint: Endpoint
  /** The request's fields: `stream`, `stream_options`, `n` and `prompt` are read. */
  readonly fields: JsonObject
  /** The name that the client asked for. */
  readonly model: string
  readonly content: string
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
}

export type DefaultAnswer = { readonly kind: 'json'; readonly body: string } | { readonly kind: 'stream'; readonly body: Buffer }

/** Servers allow an `n` of 128 or so; a client must not make the gateway build an answer of any size out of one short text. */
const MAXIMUM_CHOICES = 2_048
const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** In what the two completion endpoints' answers differ. */
interface Shape {
  readonly object: string
  readonly chunkObject: string
  whole(content: string): JsonObject
  /** What the chunks of one choice carry, the closing one last. */
  pieces(content: string): readonly JsonObject[]
}

const CHAT: Shape = {
  object: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  pieces: (content) => [{ delta: { role: 'assistant', content: '', refusal: null } }, { delta: { content } }, { delta: {} }],
}

const TEXT: Shape = {
  object: 'text_completion',
  chunkObject: 'text_completion',
  whole: (text) => ({ text }),
  pieces: (text) => [{ text }, { text: '' }],
}

/**
 * A text of the operator's in the endpoint's own shape, whole or as a stream, as asked. Undefined where none can be
 * made: a vector, a score, a sound or a verdict that nobody computed would be a lie, and the caller answers with its error.
 */
export function defaultAnswer(input: DefaultAnswerInput): DefaultAnswer | undefined {
  const { endpoint, fields } = input
  const shape = endpoint.id === 'chat' ? CHAT : endpoint.id === 'completion' ? TEXT : undefined
  const count = choicesAsked(endpoint, fields)
  if (shape === undefined || count > MAXIMUM_CHOICES) return undefined
  return fields['stream'] === true
    ? { kind: 'stream', body: streamOf(shape, count, input) }
    : { kind: 'json', body: jsonOf(shape, count, input) }
}

function jsonOf(shape: Shape, count: number, { id, created, model, content }: DefaultAnswerInput): string {
  const choices = Array.from({ length: count }, (_, index) => ({ index, ...shape.whole(content), logprobs: null, finish_reason: 'stop' }))
  return JSON.stringify({ id, object: shape.object, created, model, choices, usage: NO_USAGE })
}

function streamOf(shape: Shape, count: number, { fields, id, created, model, content }: DefaultAnswerInput): Buffer {
  const envelope = { id, object: shape.chunkObject, created, model }
  const withUsage = usageAsked(fields)
  const pieces = shape.pieces(content)
  const chunks: JsonObject[] = Array.from({ length: count }, (_, index) => index).flatMap((index) =>
    pieces.map((piece, position) => ({
      ...envelope,
      choices: [{ index, ...piece, logprobs: null, finish_reason: position === pieces.length - 1 ? 'stop' : null }],
      // As OpenAI does: once usage was asked for, every chunk has the key.
      ...(withUsage ? { usage: null } : {}),
    })),
  )
  if (withUsage) chunks.push({ ...envelope, choices: [], usage: NO_USAGE })
  return Buffer.concat([...chunks.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)), DONE_EVENT])
}
