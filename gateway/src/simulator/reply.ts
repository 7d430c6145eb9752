/** One thing that happens on the wire: bytes written on their own, a pause, or how the connection ends. */
export type Step = Buffer | { readonly waitMs: number } | { readonly end: Ending }

/** `fin` closes in order, `reset` sends RST, `hang` stays open and silent until the client leaves. */
export type Ending = 'fin' | 'reset' | 'hang'
export const ENDINGS: readonly Ending[] = ['fin', 'reset', 'hang']

/** One server-sent event; `bytes` is how it is framed, ready to be written. */
export interface SentEvent {
  readonly data: string
  readonly bytes: Buffer
  /** Pause before it, in milliseconds. */
  readonly waitMs: number
}

type ReplyBody =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'events'; readonly events: readonly SentEvent[] }
  /** Written by node:http, one chunk for each buffer. */
  | { readonly kind: 'steps'; readonly steps: Iterable<Step> }
  /** Written on the socket as it stands, status line and headers included; the connection ends with it. */
  | { readonly kind: 'raw'; readonly steps: Iterable<Step> }

/** An answer as a value: nothing of it is on the wire yet, so that a fault can still change it. */
export interface Reply {
  readonly status: number
  /** Without content-length and transfer-encoding: those belong to whoever writes the answer. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReplyBody
  /** Pause before the first byte, in milliseconds. */
  readonly delayMs: number
  /** Length of the answer in tokens: a plain answer takes as long as they take. */
  readonly tokens: number
  /** Sent in one piece with a body of kind `bytes`, beyond what content-length announces. */
  readonly surplus?: Buffer
  /** What happens to the kept-alive connection after the answer. */
  readonly trailing?: readonly Step[]
}

export function bytesReply(status: number, contentType: string, bytes: Buffer): Reply {
  return { status, headers: { 'content-type': contentType }, body: { kind: 'bytes', bytes }, delayMs: 0, tokens: 0 }
}

export function jsonReply(status: number, value: unknown): Reply {
  return bytesReply(status, 'application/json', Buffer.from(JSON.stringify(value)))
}

export function textReply(status: number, text: string): Reply {
  return bytesReply(status, 'text/plain; charset=utf-8', Buffer.from(text))
}

export function event(data: string): SentEvent {
  return { data, bytes: Buffer.from(`data: ${data}\n\n`), waitMs: 0 }
}

export function eventReply(payloads: readonly unknown[], last?: string): Reply {
  const events = payloads.map((payload) => event(JSON.stringify(payload)))
  if (last !== undefined) events.push(event(last))
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  return { status: 200, headers, body: { kind: 'events', events }, delayMs: 0, tokens: 0 }
}

export interface ErrorDetails {
  readonly type?: string
  readonly param?: string | null
  readonly code?: string | number | null
}

/** OpenAI's error shape with all four keys. */
export function errorReply(status: number, message: string, details: ErrorDetails = {}): Reply {
  const { type = status < 500 ? 'invalid_request_error' : 'server_error', param = null, code = null } = details
  return jsonReply(status, { error: { message, type, param, code } })
}

/** The request is wrong; answered as an error reply. */
export class BadRequest extends Error {
  readonly reply: Reply
  constructor(message: string, param?: string, code?: string) {
    super(message)
    this.reply = errorReply(400, message, { param: param ?? null, code: code ?? null })
  }
}
