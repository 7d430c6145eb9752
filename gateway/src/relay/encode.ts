import { Readable } from 'node:stream'
import { credentialHeaders, upstreamPath, withQuery } from '../adapters/encode.ts'
import { codecOf } from '../adapters/codecs/codec-of.ts'
import type { Codec } from '../adapters/codecs/codec.ts'
import type { Backend, Instance } from '../config/snapshot.ts'
import { degradedFields, rewriteEdits } from '../adapters/rewrites/rewrite-edits.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { Call, JsonCall } from '../endpoints/call.ts'
import type { NativeForm } from '../endpoints/native-form.ts'
import { HOP_HEADER, hopsOf } from '../lib/hop-count.ts'
import { editMembers, type Edit } from '../lib/json-members.ts'
import type { ClientPort } from './client-port.ts'
import type { UpstreamRequest } from '../upstream/port.ts'

/**
 * Says for one call and one instance what goes over the wire: always from the original body, never from an earlier
 * attempt's. Throws a CodecRefusal where the instance's wire format has no words for it.
 */
export function encode(call: Call, instance: Instance, client: ClientPort): UpstreamRequest | undefined {
  const { backend } = instance
  const codec = codecOf(backend.adapter.wire)
  if (codec !== undefined) return encodeThrough(codec, call, { instance, client })
  const path = upstreamPath(backend.adapter, call.endpoint.id, instance.model)
  if (path === undefined) return undefined
  const headers = forwardedHeaders(client.headers, backend)
  const common = { backend, method: 'POST', path: `${backend.basePath}${path}`, headers } as const
  if (call.kind === 'json') {
    headers['content-type'] = 'application/json'
    return { ...common, body: editMembers(call.bytes, call.members, editsFor(call, instance)) }
  }
  const { body, length } = call.upload.open(instance.model)
  headers['content-type'] = call.upload.contentType
  if (length !== undefined) headers['content-length'] = String(length)
  return { ...common, body: Readable.from(body, { objectMode: false }) }
}

/** In the client's own dialect, which the backend speaks as well: its bytes, and its word on the API's version. */
export function encodeNative(
  native: NativeForm,
  path: string,
  { instance, client }: { instance: Instance; client: ClientPort },
): UpstreamRequest {
  const { backend, model } = instance
  const versions = Object.keys(backend.adapter.headers).flatMap((name) => {
    const said = client.headers[name]
    return typeof said === 'string' ? [[name, said]] : []
  })
  const headers = { ...forwardedHeaders(client.headers, backend), ...Object.fromEntries(versions), 'content-type': 'application/json' }
  const body = editMembers(native.bytes, native.members, [{ kind: 'set', key: 'model', json: JSON.stringify(model) }])
  return { backend, method: 'POST', path: `${backend.basePath}${withQuery(backend.adapter, path)}`, headers, body }
}

/** In another wire format. */
function encodeThrough(
  codec: Codec,
  call: Call,
  { instance, client }: { instance: Instance; client: ClientPort },
): UpstreamRequest | undefined {
  const { backend, model } = instance
  const { adapter } = backend
  const template = adapter.paths[call.endpoint.id]
  if (template === undefined || call.kind !== 'json') return undefined
  const fields = editFields(call.fields, rewritesFor(call, instance))
  const request = codec.encode({ endpoint: call.endpoint.id, model, stream: call.stream, fields })
  const path = template === true ? withQuery(adapter, request.path) : upstreamPath(adapter, call.endpoint.id, model)
  if (path === undefined) return undefined
  const headers = { ...forwardedHeaders(client.headers, backend), ...request.headers, 'content-type': 'application/json' }
  return { backend, method: 'POST', path: `${backend.basePath}${path}`, headers, body: Buffer.from(JSON.stringify(request.body)) }
}

function editFields(fields: JsonObject, edits: readonly Edit[]): JsonObject {
  if (edits.length === 0) return fields
  const edited: Record<string, unknown> = { ...fields }
  for (const edit of edits) {
    if (edit.kind === 'rename') edited[edit.to] = edited[edit.key]
    if (edit.kind === 'set') edited[edit.key] = JSON.parse(edit.json)
    else delete edited[edit.key]
  }
  return edited
}

/** All that changes in a JSON body; an empty list, and the client's bytes go out as they came. */
function editsFor(call: JsonCall, { model, backend }: Pick<Instance, 'model' | 'backend'>): Edit[] {
  const { adapter } = backend
  const { fields, endpoint } = call
  const edits = new Map<string, Edit>()
  const add = (edit: Edit) => edits.set(edit.key, edit)
  if (call.model !== model) add({ kind: 'set', key: 'model', json: JSON.stringify(model) })
  if (call.stream && endpoint.usageOption) addUsageOption(call, adapter.streamOptions, add)
  for (const edit of endpoint.edits?.(fields, adapter) ?? []) add(edit)
  for (const edit of rewritesFor(call, { model, backend })) add(edit)
  return [...edits.values()]
}

function rewritesFor({ fields, endpoint, stream }: JsonCall, { model, backend }: Pick<Instance, 'model' | 'backend'>): Edit[] {
  const rewrite = backend.adapter.rewrite[endpoint.id]
  return rewrite === undefined ? [] : rewriteEdits({ fields, model, stream }, rewrite)
}

/** What of a call the backend is only asked for in words. */
export function degradedIn(call: Call, { backend }: Pick<Instance, 'backend'>): readonly string[] {
  const rewrite = backend.adapter.rewrite[call.endpoint.id]
  return rewrite === undefined || call.kind !== 'json' ? [] : degradedFields(call.fields, rewrite)
}

/** Usage is asked of the backend on every stream, for the books; what the client did not ask for is hidden from it later. */
function addUsageOption(call: JsonCall, understood: boolean, add: (edit: Edit) => void): void {
  const asked = call.fields['stream_options']
  if (!understood) {
    if (asked !== undefined) add({ kind: 'drop', key: 'stream_options' })
    return
  }
  if (isObject(asked) && asked['include_usage'] === true) return
  add({ kind: 'set', key: 'stream_options', json: JSON.stringify({ ...(isObject(asked) ? asked : {}), include_usage: true }) })
}

/** Never passed on: hop-by-hop (RFC 9110 7.6.1), framing and addressing that are ours to set, the client's credentials, what proxies say of the client. */
const WITHHELD: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'expect',
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'cookie2',
  'forwarded',
  'via',
  'x-real-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-request-id',
  'x-correlation-id',
  'origin',
  'referer',
  'if-none-match',
  'if-modified-since',
  'range',
])

const ownHeaders = new WeakMap<Backend, Readonly<Record<string, string>>>()

/** The client's end-to-end headers, then the adapter's and the backend's own, which win. */
export function forwardedHeaders(client: ClientPort['headers'], backend: Backend): Record<string, string> {
  const headers: Record<string, string> = {}
  const nominated = nominatedBy(client['connection'])
  for (const name in client) {
    const value = client[name]
    if (
      value === undefined ||
      WITHHELD.has(name) ||
      name.startsWith('x-forwarded-') ||
      name.startsWith('x-jairouter-') ||
      nominated?.has(name) === true
    )
      continue
    headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  headers[HOP_HEADER] = String(hopsOf(client) + 1)
  return Object.assign(headers, headersOf(backend))
}

function headersOf(backend: Backend): Readonly<Record<string, string>> {
  let headers = ownHeaders.get(backend)
  if (headers === undefined) {
    // Compressed answers could be cut without anyone noticing, and would cost a decompression: none are asked for.
    headers = {
      'accept-encoding': 'identity',
      ...backend.adapter.headers,
      ...lowerCased(backend.headers),
      ...credentialHeaders(backend.adapter, backend.apiKey),
    }
    ownHeaders.set(backend, headers)
  }
  return headers
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** Headers that `Connection` names are hop-by-hop, too; a client could otherwise strip or smuggle what proxies behind us rely on. */
function nominatedBy(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(
    String(connection)
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
}
