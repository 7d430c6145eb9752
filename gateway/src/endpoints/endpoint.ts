import type { EndpointId } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { Edit } from '../lib/json-members.ts'
import type { JsonObject } from '../lib/json.ts'

/** A field that must be there, and what it must be. The smallest check that still lets an error name the field. */
export interface FieldRule {
  readonly name: string
  readonly kind: 'string' | 'array' | 'present'
}

export interface AnswerContext {
  readonly fields: JsonObject
  readonly adapter: AdapterDefinition
  /** The public name of the model, for answers that are put together anew. */
  readonly model: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** All in which one operation of the public API differs from the others. */
export interface Endpoint {
  readonly id: EndpointId
  readonly paths: readonly string[]
  readonly body: 'json' | 'multipart' | 'json-or-multipart'
  readonly required: readonly FieldRule[]
  /** `json`: held until it is whole · `bytes`: passed on while it arrives, with the backend's content type. */
  readonly answer: 'json' | 'bytes'
  /** How its event streams end, and what in them may be hidden. */
  readonly stream: 'completion' | 'events' | 'none'
  /** Ask for usage on streams (`stream_options`), and hide it from clients that did not ask. */
  readonly usageOption: boolean
  /** Bytes that one event may have. */
  readonly maximumEventBytes: number
  /** Changes to the body that this adapter needs, beside the model's name and the adapter's own rewrite table. */
  readonly edits?: (fields: JsonObject, adapter: AdapterDefinition) => Edit[]
  /** Brings a whole JSON answer into the public shape; undefined when the bytes can stay as they are. Throws when the answer makes no sense. */
  readonly normalise?: (answer: unknown, context: AnswerContext) => JsonObject | undefined
}
