import type { JsonObject } from '../lib/json.ts'
import type { MemberScan } from '../lib/json-members.ts'
import type { Endpoint } from './endpoint.ts'
import type { NativeForm } from './native-form.ts'

/** What the gateway understood of a request. Everything else stays as it was sent. */
export type Call = JsonCall | UploadCall

export interface JsonCall {
  readonly kind: 'json'
  readonly endpoint: Endpoint
  /** The name that the client asked for. */
  readonly model: string
  readonly stream: boolean
  readonly fields: JsonObject
  /** The body as it came, and where its top-level fields stand in it. */
  readonly bytes: Buffer
  readonly members: MemberScan
  /** As the client wrote it, where it speaks another dialect that some backends speak, too. */
  readonly native?: NativeForm
}

export interface UploadCall {
  readonly kind: 'upload'
  readonly endpoint: Endpoint
  readonly model: string
  readonly upload: Upload
}

/** A multipart body that is passed on while it arrives. */
export interface Upload {
  /** The short text fields seen so far; complete once the body was sent. */
  readonly fields: ReadonlyMap<string, string>
  readonly contentType: string
  /** False once bytes have gone that were not kept: the upload can't be sent a second time. */
  readonly replayable: boolean
  /** The body with `model` replaced; `length` is undefined when the client did not say its own. */
  open(model: string): { readonly body: AsyncIterable<Buffer>; readonly length: number | undefined }
}

/** Whether the answer is to be a stream of events; for an upload known only after its fields were read. */
export function wantsStream(call: Call): boolean {
  return call.kind === 'json' ? call.stream : call.upload.fields.get('stream') === 'true'
}
