import { CodecMismatch } from '../../adapters/codecs/codec.ts'
import type { StreamEncoder } from '../../dialects/dialect.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { fromOpenAiError, type ClientError } from '../../errors/openai-error.ts'
import { createSseReader, type SseEvent } from '../../lib/sse-reader.ts'
import type { AnswerHeaders, ClientPort } from '../../relay/client-port.ts'
import { STREAM_HEADERS } from '../../relay/deliver-stream.ts'
import type { ClientReply } from '../client-reply.ts'
import type { FrontCall } from './front.ts'

/** Canonical streams are made by the gateway itself, or were bounded when they were read. */
const MAXIMUM_EVENT_BYTES = 64 * 1024 ** 2
const NOTHING = Buffer.alloc(0)

/** A client of another dialect: the relay answers it in canonical form, it reads its own. */
export class TranslatedReply implements ClientPort {
  readonly #reply: ClientReply
  readonly #call: FrontCall
  readonly #events = createSseReader(MAXIMUM_EVENT_BYTES)
  #encoder: StreamEncoder | undefined

  constructor(reply: ClientReply, call: FrontCall) {
    this.#reply = reply
    this.#call = call
  }

  get address(): string {
    return this.#reply.address
  }

  get headers(): ClientPort['headers'] {
    return this.#reply.headers
  }

  get started(): boolean {
    return this.#reply.started
  }

  get written(): number {
    return this.#reply.written
  }

  get native(): ClientPort {
    return this.#reply
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (headers['content-type']?.startsWith('text/event-stream') === true) {
      this.start(status, headers)
      void this.write(Buffer.from(body))
      this.end()
    } else this.#reply.send(status, headers, JSON.stringify(this.#call.fromCanonical(answerIn(body))))
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#reply.start(status, { ...headers, 'content-type': this.#stream().contentType })
  }

  write(piece: Buffer): Promise<void> | undefined {
    const pieces = this.#events.push(piece).map((event) => this.#translated(event))
    const bytes = pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces)
    return bytes.length === 0 ? undefined : this.#reply.write(bytes)
  }

  beat(): void {
    const bytes = this.#stream().heartbeat()
    if (bytes.length > 0) this.#reply.beatWith(bytes, { ...STREAM_HEADERS, 'content-type': this.#stream().contentType })
  }

  end(): void {
    this.#reply.end()
  }

  cut(): void {
    this.#reply.cut()
  }

  /** Ends a stream that is open for heartbeats alone. */
  fail(error: ClientError): void {
    this.#reply.endWith(this.#stream().fail(error))
  }

  #stream(): StreamEncoder {
    this.#encoder ??= this.#call.createStreamEncoder()
    return this.#encoder
  }

  #translated({ data }: SseEvent): Buffer {
    if (data === undefined) return NOTHING
    const text = data.toString('utf8').trim()
    if (text === '[DONE]') return this.#stream().end()
    const json = parsed(text)
    return isObject(json['error']) ? this.#stream().fail(fromOpenAiError(json['error'])) : this.#stream().push(json)
  }
}

function answerIn(body: Buffer | string): JsonObject {
  return parsed(body.toString())
}

/** What passed as it came was looked at, but not parsed. */
function parsed(text: string): JsonObject {
  try {
    const json: unknown = JSON.parse(text)
    if (isObject(json)) return json
  } catch {
    // V8's message would quote the text.
  }
  throw new CodecMismatch('an answer or a chunk that is no JSON object')
}
