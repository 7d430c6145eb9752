import type { JsonObject } from '../lib/json.ts'
import type { ClientError } from '../errors/openai-error.ts'

/** What a translated answer needs beside what the backend said. */
export interface DialectContext {
  /** The client's own fields, in its dialect. */
  readonly fields: JsonObject
  /** The model's name as the client wrote it. */
  readonly model: string
  /** Unique to the request, letters, digits and dashes: ids in answers are made of it. */
  readonly id: string
  /** Epoch milliseconds at which the request came. */
  readonly createdMs: number
  /** Epoch milliseconds now. */
  readonly now: () => number
}

/** Writes a canonical stream in the client's dialect. Each result is what is to be sent now, framing included; may be empty. */
export interface StreamEncoder {
  readonly contentType: string
  /** One canonical chunk. */
  push(chunk: JsonObject): Buffer
  /** The proper end, after the last chunk. */
  end(): Buffer
  /** The stream broke off: an error event, and nothing that could be taken for a proper end. */
  fail(error: ClientError): Buffer
  /** Keeps the connection alive while nothing comes; empty where the dialect has no such thing. */
  heartbeat(): Buffer
}

/** How clients of one front dialect speak: a translation from and to OpenAI's chat completions. Pure. */
export interface Dialect {
  readonly id: string
  /** The body of the equivalent chat completion. Throws a GatewayError (invalid_field, missing_field) that names the field. */
  toCanonical(fields: JsonObject): JsonObject
  fromCanonical(answer: JsonObject, context: DialectContext): JsonObject
  createStreamEncoder(context: DialectContext): StreamEncoder
  /** The body of an error answer. Its status is the error's own. */
  errorBody(error: ClientError, requestId: string): JsonObject
}
