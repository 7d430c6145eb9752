import type { Findings } from '../content/findings.ts'
import { applyRules } from '../content/apply-rules.ts'
import { ChunkGuard } from '../content/chunk-guard.ts'
import type { RuleSet } from '../content/rule-set.ts'
import { TextEventGuard } from '../content/text-event-guard.ts'
import { applyToAnswer } from '../content/whole-answer.ts'
import type { Call } from '../endpoints/call.ts'
import { isOpeningChunk } from '../endpoints/held-opening.ts'
import { toOpenAiError } from '../errors/openai-error.ts'
import { readUsage } from '../endpoints/usage.ts'
import { isObject, parseJson, type JsonObject } from '../lib/json.ts'
import { eventOf, sseEvent } from '../lib/sse-event.ts'
import { createSseReader, type SseEvent, type SseReader } from '../lib/sse-reader.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'
import { blockedBy } from './content-blocked.ts'

/** Canonical streams were bounded when they were read. */
const MAXIMUM_EVENT_BYTES = 64 * 1024 ** 2
/** Their answers are numbers. */
const WITHOUT_TEXT: ReadonlySet<string> = new Set(['embedding', 'moderation'])

export interface GuardedClientOptions {
  readonly call: Call
  readonly rules: RuleSet
  readonly findings: Findings
  readonly record: RequestRecord
}

/** Applies rules to the texts of a stream's events. */
interface EventGuard {
  /** What is to be sent for an event: the event itself where nothing changes. */
  take(event: JsonObject): readonly JsonObject[]
  end(): readonly JsonObject[]
}

/**
 * A client whose answers go through content rules, whatever they come from: a backend, a cache, a fallback. They are
 * canonical: it has no dialect of its own. Where a rule blocks, `send`, `write` and `end` throw `content_blocked`. A
 * stream of which something has gone out was ended by an error event then, and nothing more is written to it; the head
 * of a stream waits for the first piece that says something, so that until then the client can be told by status.
 */
export class GuardedClient implements ClientPort {
  readonly #client: ClientPort
  readonly #options: GuardedClientOptions
  #head: { readonly status: number; readonly headers: AnswerHeaders } | undefined
  #begun = false
  /** A rule has blocked; nothing may follow. */
  #blocked = false
  #failed = false
  /** Something of the answer is among what was to be sent; until then it waits in `#opening`. */
  #said = false
  #opening: Buffer[] = []
  /** Whether the stream's events have names. */
  #named = false
  #events: SseReader | undefined
  #guard: EventGuard | undefined

  constructor(client: ClientPort, options: GuardedClientOptions) {
    this.#client = client
    this.#options = options
  }

  get address(): string {
    return this.#client.address
  }

  get headers(): ClientPort['headers'] {
    return this.#client.headers
  }

  get started(): boolean {
    return (this.#begun && !this.#blocked) || this.#client.started
  }

  get written(): number {
    return this.#client.written
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    const type = headers['content-type'] ?? ''
    if (type.startsWith('text/event-stream')) {
      this.start(status, headers)
      void this.write(typeof body === 'string' ? Buffer.from(body) : body)
      this.end()
    } else this.#client.send(status, headers, this.#whole(type, body))
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#begun = true
    this.#head = { status, headers }
  }

  write(piece: Buffer): Promise<void> | undefined {
    if (this.#blocked) return undefined
    this.#events ??= createSseReader(MAXIMUM_EVENT_BYTES)
    const out: Buffer[] = []
    for (const event of this.#events.push(piece)) {
      out.push(...this.#guarded(event))
      if (this.#options.findings.blockedBy !== undefined) break
    }
    return this.#pass(out)
  }

  beat(comment: string): void {
    this.#client.beat(comment)
  }

  end(): void {
    if (this.#blocked) return
    const rest = this.#failed ? [] : this.#rest()
    this.#said ||= this.#options.findings.blockedBy === undefined
    void this.#pass(rest)
    this.#startClient()
    this.#client.end()
  }

  cut(): void {
    if (!this.#blocked) this.#client.cut()
  }

  #whole(type: string, body: Buffer | string): Buffer | string {
    const { call, rules, findings, record } = this.#options
    if (WITHOUT_TEXT.has(call.endpoint.id)) return body
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const isText = type.startsWith('text/plain')
    const next = isText ? Buffer.from(applyRules(bytes.toString(), rules, findings)) : applyToAnswer(bytes, rules, findings)
    if (findings.blockedBy !== undefined) {
      // It was made, and has cost what it says; unless it was made for somebody else.
      if (record.attempts.length > 0 && record.cache !== 'shared') record.usage ??= readUsage(parseJson(bytes.toString()))
      throw blockedBy(findings.blockedBy, 'answer')
    }
    return next === bytes ? body : next
  }

  /** What goes out for an event. */
  #guarded(event: SseEvent): Buffer[] {
    if (event.data === undefined) return [event.bytes]
    const text = event.data.toString().trim()
    if (text === '[DONE]') {
      const rest = this.#rest()
      if (this.#options.findings.blockedBy !== undefined) return rest
      this.#said = true
      return [...rest, event.bytes]
    }
    const json = parseJson(text)
    // The end of a stream that broke. What was held back may be half of what is to be masked.
    if (isError(json)) this.#failed = true
    if (!isObject(json) || this.#failed) {
      this.#said = true
      return [event.bytes]
    }
    this.#named = event.name !== undefined
    const told = this.#guardFor(json).take(json)
    this.#said ||= told.some((next) => !isOpeningChunk(next))
    return told.map((next) => (next === json ? event.bytes : this.#framed(next)))
  }

  #rest(): Buffer[] {
    return (this.#guard?.end() ?? []).map((next) => this.#framed(next))
  }

  #framed(data: JsonObject): Buffer {
    const { type } = data
    return Buffer.from(this.#named && typeof type === 'string' ? sseEvent(type, data) : `data: ${JSON.stringify(data)}\n\n`)
  }

  #guardFor(event: JsonObject): EventGuard {
    const { rules, findings } = this.#options
    this.#guard ??= Array.isArray(event['choices']) ? new ChunkGuard(rules, findings) : new TextEventGuard(rules, findings)
    return this.#guard
  }

  /** Sends it. Where it was the last that may be sent, the stream ends here, and this throws. */
  #pass(pieces: readonly Buffer[]): Promise<void> | undefined {
    const { blockedBy: rule } = this.#options.findings
    this.#opening.push(...pieces)
    const ready = this.#said ? this.#opening : []
    if (this.#said) this.#opening = []
    if (ready.length > 0) this.#startClient()
    const waiting = ready.length > 0 ? this.#client.write(Buffer.concat(ready)) : undefined
    if (rule === undefined) return waiting
    this.#blocked = true
    const error = blockedBy(rule, 'answer')
    if (this.#client.started) {
      void this.#client.write(eventOf(toOpenAiError(error)).bytes)
      this.#client.end()
    }
    throw error
  }

  #startClient(): void {
    if (this.#head === undefined) return
    const { status, headers } = this.#head
    this.#head = undefined
    this.#client.start(status, headers)
  }
}

function isError(json: unknown): boolean {
  return isObject(json) && isObject(json['error'])
}
