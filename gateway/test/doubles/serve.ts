import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { JsonObject } from '../../src/lib/json.ts'
import { startScripted, type ScriptedRequest } from '../support/scripted-server.ts'
import { parseObject } from './reading.ts'

/** One request, as the doubles look at it. */
export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Undefined when it is no JSON object. */
  readonly body: JsonObject | undefined
  /** 1 for the first request of this double: makes ids that differ. */
  readonly ordinal: number
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Each is written by itself, the next one once the kernel has the one before. */
  readonly pieces: readonly (string | Buffer)[]
  /** `eof`: the HTTP body ends here all the same, unless `declaredBytes` promised more; `reset`: the connection breaks with RST. */
  readonly end: 'complete' | 'eof' | 'reset'
  /** The `content-length` that is said; chunked when undefined. */
  readonly declaredBytes?: number
}

export interface Served {
  readonly url: string
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: JsonObject }[]
}

export interface ServeOptions {
  /** How many bytes a write of the answer has at most; default whole. */
  readonly split?: number | undefined
  readonly answer: (asked: Asked) => Answer
  /** Which requests are kept in `requests`. */
  readonly keeps: (asked: Asked) => boolean
}

export async function serve(options: ServeOptions): Promise<Served> {
  const requests: { path: string; headers: IncomingHttpHeaders; body: JsonObject }[] = []
  let ordinal = 0
  const { url } = await startScripted(async (request, response) => {
    ordinal += 1
    const asked = askedBy(request, ordinal)
    if (asked.body !== undefined && options.keeps(asked)) requests.push({ path: request.path, headers: request.headers, body: asked.body })
    await send(response, options.answer(asked), options.split)
  })
  return { url, requests }
}

function askedBy(request: ScriptedRequest, ordinal: number): Asked {
  const { pathname, searchParams } = new URL(request.path, 'http://double')
  return {
    method: request.method,
    path: pathname,
    query: searchParams,
    headers: request.headers,
    body: parseObject(request.body),
    ordinal,
  }
}

export function jsonAnswer(value: unknown, rest: { readonly status?: number; readonly headers?: Answer['headers'] } = {}): Answer {
  return textAnswer(JSON.stringify(value), { status: rest.status ?? 200, headers: { 'content-type': 'application/json', ...rest.headers } })
}

export function textAnswer(text: string, { status, headers }: Pick<Answer, 'status' | 'headers'>): Answer {
  const bytes = Buffer.from(text)
  return { status, headers, pieces: [bytes], end: 'complete', declaredBytes: bytes.length }
}

async function send(response: ServerResponse, answer: Answer, split: number | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => response.once('close', resolve))
  // An answer in small writes goes chunked: TCP may join segments, but a reader gets each chunk of HTTP by itself.
  const length = answer.declaredBytes === undefined || (split !== undefined && answer.end === 'complete') ? undefined : answer.declaredBytes
  response.writeHead(answer.status, { ...answer.headers, ...(length === undefined ? {} : { 'content-length': length }) })
  for (const piece of answer.pieces.flatMap((text) => cut(Buffer.from(text), split))) {
    if (response.destroyed) return
    await Promise.race([closed, new Promise<void>((resolve) => response.write(piece, () => resolve()))])
  }
  if (answer.end === 'reset') await reset(response)
  // Fewer bytes than were declared: the end of the connection is all that tells.
  else if (answer.end === 'eof' && length !== undefined) response.socket?.end()
  else response.end()
}

/**
 * A reader that meets RST may throw away what it has not read yet. Those of a test live in this process: some turns of the
 * event loop let them read all that came before.
 */
async function reset(response: ServerResponse): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  response.socket?.resetAndDestroy()
}

function cut(bytes: Buffer, split: number | undefined): Buffer[] {
  if (bytes.length === 0) return []
  if (split === undefined) return [bytes]
  return Array.from({ length: Math.ceil(bytes.length / split) }, (_, index) => bytes.subarray(index * split, (index + 1) * split))
}
