import type { EndpointId } from '@jairouter/contract/names'
import type { KeyRecord, Snapshot } from '../../config/snapshot.ts'
import type { StreamEncoder } from '../../dialects/dialect.ts'
import type { NativeForm } from '../../endpoints/native-form.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { ClientError } from '../../errors/openai-error.ts'

/** How errors are told in a dialect. */
export interface ErrorVoice {
  errorBody(error: ClientError, requestId: string): object
  /** Beside `x-request-id`, headers that bear the request's id. */
  readonly idHeaders: readonly string[]
}

/** An operation of another dialect than OpenAI's, that a model answers. */
export interface Front extends ErrorVoice {
  /** What the books call it. */
  readonly dialect: string
  readonly path: string
  /** What the books call it until it is understood. */
  readonly endpoint: EndpointId
  /** Throws a GatewayError that names the field. */
  open(request: FrontRequest): FrontCall | FrontAnswer | Promise<FrontCall | FrontAnswer>
}

export interface FrontRequest {
  /** The client's own, in its dialect. */
  readonly fields: JsonObject
  /** Unique, letters, digits and dashes. */
  readonly id: string
  readonly key: KeyRecord | undefined
  readonly address: string
  readonly snapshot: Snapshot
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A call in canonical form, and the way back. */
export interface FrontCall {
  readonly kind: 'call'
  readonly endpoint: EndpointId
  readonly fields: JsonObject
  /** How the client's own bytes can go through, to backends that speak its dialect. */
  readonly native?: Pick<NativeForm, 'dialect' | 'streamType' | 'createReader' | 'createTap' | 'usageOf'>
  /** Throws a GatewayError for an answer that the dialect cannot tell. */
  fromCanonical(answer: JsonObject): JsonObject
  /** Called once. */
  createStreamEncoder(): StreamEncoder
}

/** No model has to be asked. */
export interface FrontAnswer {
  readonly kind: 'answer'
  readonly body: JsonObject
}
