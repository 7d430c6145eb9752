import { CodecRefusal } from '../adapters/codecs/codec.ts'
import type { Backend } from '../config/snapshot.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { Call, JsonCall } from '../endpoints/call.ts'
import { canonicalCall } from '../endpoints/parse-json-call.ts'
import { PictureRefused } from '../errors/picture-refused.ts'
import type { FetchPicture, Picture } from '../upstream/port.ts'

/** More pictures by address than this are not fetched for one request. */
const MOST_PICTURES = 20

interface Source {
  readonly backend: Backend
  readonly fetch: FetchPicture
  readonly signal: AbortSignal
}

/** What was fetched for a request, by address: its other attempts have no need to fetch it again. */
const fetched = new WeakMap<Call, Map<string, Promise<Picture>>>()

/**
 * The call as a backend is to get it that takes no pictures by address: they are fetched, and stand in it as data. The
 * same call where nothing is to be done. Throws a CodecRefusal that names the part whose picture can't be had.
 */
export async function withPictures(call: Call, source: Source): Promise<Call> {
  if (call.kind !== 'json' || !source.backend.adapter.inlinePictures) return call
  const places = picturesIn(call, source.backend)
  if (places.length === 0) return call
  const last = places[MOST_PICTURES]
  if (last !== undefined) throw new CodecRefusal(last.param, `There are more than ${MOST_PICTURES} pictures by address`)
  const data = new Map(
    await Promise.all(places.map(async ({ url, param }) => [url, await dataOf(url, { call, param, ...source })] as const)),
  )
  return canonicalCall(call.endpoint, { ...call.fields, messages: inlined(call.fields['messages'], data) })
}

interface Place {
  readonly url: string
  readonly param: string
}

/** An address on the backend's own host is a file that it has already. */
export function picturesIn({ fields }: JsonCall, { origin }: Pick<Backend, 'origin'>): Place[] {
  const { messages } = fields
  if (!Array.isArray(messages)) return []
  return messages.flatMap((message: unknown, index) =>
    partsOf(message).flatMap((part, at) => {
      const url = addressIn(part)
      if (url === undefined || url.startsWith(`${origin}/`)) return []
      return [{ url, param: `messages[${index}].content[${at}].image_url` }]
    }),
  )
}

function partsOf(message: unknown): readonly unknown[] {
  return isObject(message) && Array.isArray(message['content']) ? message['content'] : []
}

/** OpenAI's `{image_url: {url}}`, or the text alone that Mistral's clients send. */
function addressIn(part: unknown): string | undefined {
  if (!isObject(part)) return undefined
  const holder = part['image_url']
  const url = isObject(holder) ? holder['url'] : holder
  return typeof url === 'string' && /^https?:\/\//i.test(url) ? url : undefined
}

async function dataOf(url: string, { call, param, fetch, signal }: Source & { call: Call; param: string }): Promise<string> {
  const known = fetched.get(call) ?? new Map<string, Promise<Picture>>()
  fetched.set(call, known)
  const fetching = known.get(url) ?? fetch(url, signal)
  known.set(url, fetching)
  try {
    const { mediaType, bytes } = await fetching
    return `data:${mediaType};base64,${bytes.toString('base64')}`
  } catch (error) {
    throw error instanceof PictureRefused ? new CodecRefusal(param, error.message) : error
  }
}

function inlined(messages: unknown, data: ReadonlyMap<string, string>): unknown {
  if (!Array.isArray(messages)) return messages
  return messages.map((message: unknown) =>
    isObject(message) && Array.isArray(message['content'])
      ? { ...message, content: message['content'].map((part: unknown) => withData(part, data)) }
      : message,
  )
}

function withData(part: unknown, data: ReadonlyMap<string, string>): unknown {
  const url = addressIn(part)
  const inline = url === undefined ? undefined : data.get(url)
  if (inline === undefined || !isObject(part)) return part
  const holder = part['image_url']
  const image: JsonObject | string = isObject(holder) ? { ...holder, url: inline } : inline
  return { ...part, image_url: image }
}
