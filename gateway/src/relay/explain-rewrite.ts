import type { ExplainedRewrite } from '@jairouter/contract/management/explain'
import { isCodecLoaded, loadCodec } from '../adapters/codecs/codec-of.ts'
import type { Instance, Route } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { embeddingParts } from '../endpoints/embedding-parts.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { Picture, UpstreamRequest } from '../upstream/port.ts'
import { nativeFor } from './attempt.ts'
import type { ClientPort } from './client-port.ts'
import { degradedIn, encode, encodeNative } from './encode.ts'
import { failureOf, type Failure, UNSAYABLE } from './failure.ts'
import { picturesIn, withPictures } from './pictures.ts'
import { Resumption } from './resumption.ts'

export interface RewriteInput {
  readonly call: Call
  /** The body's fields as the client wrote them, in its own dialect. */
  readonly sent: JsonObject
  readonly route: Route
  readonly client: ClientPort
}

export interface Rewrite {
  readonly shown: ExplainedRewrite
  /** Set where the instance's wire format has no words for the request. */
  readonly failure: Failure | undefined
}

/** In place of one that would be fetched: nothing goes out for an explanation. */
const PICTURE: Picture = { mediaType: 'image/png', bytes: Buffer.alloc(0) }

/** What would go over the wire to an instance otherwise than the client has sent it: by the encoder of real requests. Names only. */
export async function rewriteFor(input: RewriteInput, instance: Instance): Promise<Rewrite> {
  const { call, client, route } = input
  const { backend } = instance
  const { wire } = backend.adapter
  if (!isCodecLoaded(wire)) await loadCodec(wire)
  const resumes = route.policy.retry.resume && Resumption.of(call) !== undefined
  const native = resumes ? undefined : nativeFor(call, route, instance)
  const inlines = native === undefined && backend.adapter.inlinePictures && call.kind === 'json'
  const nothing = unchanged(instance, {
    native: native !== undefined,
    pictures: inlines ? picturesIn(call, backend).map(({ param }) => param) : [],
  })
  try {
    const told = inlines
      ? await withPictures(call, { backend, fetch: () => Promise.resolve(PICTURE), signal: new AbortController().signal })
      : call
    const parts = told.kind === 'json' && native === undefined ? embeddingParts(told, backend.adapter.embeddingBatchMax) : [told]
    const request = native === undefined ? encode(told, instance, client) : encodeNative(native.native, native.path, { instance, client })
    if (request === undefined) return { shown: nothing, failure: undefined }
    const shown = {
      ...nothing,
      ...fieldsBetween(input, { request, instance }),
      ...headersBetween(client.headers, request.headers),
      degraded: native === undefined ? [...degradedIn(told, instance)] : [],
      parts: parts.length,
    }
    return { shown, failure: undefined }
  } catch (error) {
    const failure = failureOf(error)
    if (failure.outcome !== UNSAYABLE) throw error
    return { shown: { ...nothing, cannotSay: failure.error.param ?? '' }, failure }
  }
}

function unchanged({ id, backend }: Instance, more: { native: boolean; pictures: string[] }): ExplainedRewrite {
  const lists = { added: [], changed: [], dropped: [], renamed: [], degraded: [], headersAdded: [], headersWithheld: [] }
  return { instance: id, wire: backend.adapter.wire, ...more, ...lists, asksForUsage: false, parts: 1 }
}

type Fields = Pick<ExplainedRewrite, 'added' | 'changed' | 'dropped' | 'renamed' | 'asksForUsage'>

function fieldsBetween(
  { call, sent }: RewriteInput,
  { request, instance }: { readonly request: UpstreamRequest; readonly instance: Instance },
): Fields {
  if (call.kind === 'upload') {
    // Passed on as it arrives, but for the model's name; it was opened and is not read.
    if (request.body !== undefined && !Buffer.isBuffer(request.body)) request.body.destroy()
    return { added: [], changed: call.model === instance.model ? [] : ['model'], dropped: [], renamed: [], asksForUsage: false }
  }
  const body: unknown = Buffer.isBuffer(request.body) ? JSON.parse(request.body.toString('utf8')) : {}
  const wire = isObject(body) ? body : {}
  return { ...differences(sent, wire), asksForUsage: asksForUsage(wire) && !asksForUsage(sent) }
}

function differences(before: JsonObject, after: JsonObject): Omit<Fields, 'asksForUsage'> {
  const texts = (fields: JsonObject) => new Map(Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value)]))
  const [old, fresh] = [texts(before), texts(after)]
  const dropped = [...old.keys()].filter((name) => !fresh.has(name))
  const added = [...fresh.keys()].filter((name) => !old.has(name))
  const renamed = dropped.flatMap((from) => {
    const same = added.filter((name) => fresh.get(name) === old.get(from))
    const [to] = same
    return to !== undefined && same.length === 1 && isTelling(old.get(from)) ? [{ from, to }] : []
  })
  return {
    added: added.filter((name) => !renamed.some(({ to }) => to === name)),
    changed: [...old.keys()].filter((name) => fresh.has(name) && fresh.get(name) !== old.get(name)),
    dropped: dropped.filter((name) => !renamed.some(({ from }) => from === name)),
    renamed,
  }
}

/** That two fields are both `true` or 1 says nothing. */
function isTelling(json: string | undefined): boolean {
  return json !== undefined && json.length > 1 && json !== 'true' && json !== 'false' && json !== 'null'
}

function asksForUsage(fields: JsonObject): boolean {
  const options = fields['stream_options']
  return isObject(options) && options['include_usage'] === true
}

function headersBetween(
  sent: ClientPort['headers'],
  out: Readonly<Record<string, string>>,
): Pick<ExplainedRewrite, 'headersAdded' | 'headersWithheld'> {
  return {
    headersAdded: Object.keys(out)
      .filter((name) => !(name in sent))
      .sort(),
    headersWithheld: Object.keys(sent)
      .filter((name) => !(name in out))
      .sort(),
  }
}
