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

/** The newest requests, at most `limit` of them. */
export interface SeenList {
  readonly entries: readonly SeenRequest[]
  add(entry: SeenDraft): void
  clear(): void
}

export function createSeenList(limit: number): SeenList {
  const entries: SeenDraft[] = []
  return {
    entries,
    add(entry) {
      entries.push(entry)
      if (entries.length > limit) entries.shift()
    },
    clear() {
      entries.length = 0
    },
  }
}
