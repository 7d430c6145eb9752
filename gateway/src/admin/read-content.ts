import type { IncomingMessage, ServerResponse } from 'node:http'
import { mediaTypeOf } from '../lib/media-type.ts'
import { parseStrictJson, type JsonFault } from '../lib/strict-json.ts'
import { AdminProblem, type AnyRoute } from './route.ts'

/** JSON is read here and now, texts (routes with a `bodyType`) where that holds up nobody. */
const MAXIMUM_JSON_BYTES = 1024 ** 2
/** A client that needs longer for so little is holding a connection. */
const READ_LIMIT_MS = 30_000

export interface SentContent {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Bytes that are taken at most. */
  readonly limit: number
}

/** The body as the route takes it: parsed JSON, or text; undefined where there is none. Throws problems 400, 413, 415. */
export async function readContent(route: AnyRoute, { request, response, limit: most }: SentContent): Promise<unknown> {
  const limit = route.bodyType === undefined ? Math.min(most, MAXIMUM_JSON_BYTES) : most
  checkHeaders(request, limit)
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  const bytes = await readBytes(request, limit)
  if (bytes.length === 0) return undefined
  checkType(route, request.headers['content-type'] ?? '')
  const text = decode(bytes)
  if (text === undefined) throw new AdminProblem('invalid_request', 'The body is not UTF-8 text')
  if (route.bodyType !== undefined) return text
  const parsed = parseStrictJson(text)
  if ('fault' in parsed) throw faultProblem(parsed.fault)
  return parsed.value
}

function checkHeaders({ headers }: IncomingMessage, limit: number): void {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw new AdminProblem('unsupported_media_type', 'Compressed bodies are not supported (header "content-encoding")')
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
}

/** A body of another type is refused also for this: a page of another origin can send forms and plain text without being asked, and no JSON. */
function checkType({ method, bodyType }: AnyRoute, header: string): void {
  const type = mediaTypeOf(header)
  const fits = bodyType === undefined ? type === 'application/json' || (method === 'PATCH' && type === MERGE_PATCH) : type === bodyType
  if (fits) return
  const wanted = bodyType ?? (method === 'PATCH' ? `${MERGE_PATCH} or application/json` : 'application/json')
  throw new AdminProblem('unsupported_media_type', `The body must be sent as "content-type: ${wanted}"`)
}

/** RFC 7396 */
const MERGE_PATCH = 'application/merge-patch+json'

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (error: Error) => {
      clearTimeout(timer)
      request.off('data', onData)
      request.pause()
      reject(error)
    }
    const timer = setTimeout(
      () => stop(new AdminProblem('invalid_request', 'The body did not come to its end in time', { headers: { connection: 'close' } })),
      READ_LIMIT_MS,
    )
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) stop(tooLarge(limit))
      else chunks.push(chunk)
    }
    request.on('data', onData)
    request.once('end', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks, size))
    })
    request.once('error', () => stop(new AdminProblem('invalid_request', 'The body broke off')))
    request.once('close', () => {
      if (!request.complete) stop(new AdminProblem('invalid_request', 'The body broke off'))
    })
  })
}

function tooLarge(limit: number): AdminProblem {
  const setting = limit === MAXIMUM_JSON_BYTES ? '' : ' (setting "admin.bodyLimit")'
  return new AdminProblem('request_too_large', `The body is larger than ${limit} bytes${setting}`, { headers: { connection: 'close' } })
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const FAULTS: Readonly<Record<JsonFault['kind'], { readonly code: string; readonly message: string }>> = {
  syntax: { code: 'invalid_json', message: 'is not valid JSON' },
  duplicate: { code: 'duplicate_field', message: 'stands in its object twice' },
  proto: { code: 'unknown_field', message: 'is not a possible name of a field' },
  depth: { code: 'too_deep', message: 'is nested too deep' },
}

function faultProblem({ kind, pointer, position }: JsonFault): AdminProblem {
  const { code, message } = FAULTS[kind]
  const at = position === undefined ? '' : ` (at character ${position + 1})`
  const detail = { pointer, code, message: `${message}${at}` }
  return new AdminProblem('invalid_request', `The body ${kind === 'syntax' ? message + at : 'can be read in more than one way'}`, {
    details: [detail],
  })
}
