import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** A request as the simulator got it. It stands in the list from its first byte on; `body` and `model` follow. */
export interface SeenRequest {
  readonly method: string
  /** As sent, query included. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** As sent, a fault included. */
  readonly model?: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** When the client went away before the answer was complete. */
  readonly abortedAt?: number
  /** The simulator has written all that it meant to, faults included. */
  readonly finished: boolean
}

/** The same, still being filled in. */
export type SeenDraft = { -readonly [key in keyof SeenRequest]: SeenRequest[key] }

const NOTHING = Buffer.alloc(0)

export function seenDraft(request: IncomingMessage): SeenDraft {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: NOTHING,
    startedAt: Date.now(),
    finished: false,
  }
}

/** The newest requests. */
export interface SeenList {
  readonly entries: readonly SeenRequest[]
  add(entry: SeenDraft): void
  /** The body has come: it counts from now on. */
  weigh(entry: SeenDraft): void
  clear(): void
}

export function createSeenList(limits: { readonly requests: number; readonly bodyBytes: number }): SeenList {
  const entries: SeenDraft[] = []
  let bodyBytes = 0

  function trim(): void {
    while (entries.length > limits.requests || (bodyBytes > limits.bodyBytes && entries.length > 1))
      bodyBytes -= entries.shift()?.body.length ?? 0
  }

  return {
    entries,
    add(entry) {
      entries.push(entry)
      trim()
    },
    weigh(entry) {
      // One that was pushed out or cleared away meanwhile weighs nothing; what is there stands near the end.
      if (entries.lastIndexOf(entry) < 0) return
      bodyBytes += entry.body.length
      trim()
    },
    clear() {
      entries.length = 0
      bodyBytes = 0
    },
  }
}
