import type { IncomingMessage, ServerResponse } from 'node:http'
import { collectBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { play, playBytes } from './play.ts'
import { errorReply, type Reply } from './reply.ts'
import { seenDraft, type SeenDraft, type SeenList } from './seen.ts'
import type { Watchers } from './watchers.ts'

/** Where requests come in and answers go out; it keeps count of both. */
export interface Desk {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void
  readonly inFlight: () => number
  /** While true a lost connection is our own doing and no client's leaving. */
  readonly ownDoing: (closing: boolean) => void
}

export interface DeskParts {
  readonly exchange: Exchange
  readonly watchers: Watchers
  /** Absent: nothing is kept. */
  readonly record: SeenList | undefined
}

export function createDesk({ exchange, watchers, record }: DeskParts): Desk {
  let inFlight = 0
  let closing = false

  async function playSlowly(reply: Reply, draft: SeenDraft, response: ServerResponse): Promise<void> {
    draft.finished = await play(reply, response)
    watchers.wake()
  }

  function send(reply: Reply, draft: SeenDraft, response: ServerResponse): void {
    // The usual answer is written at once, without a promise.
    if (reply.body.kind === 'bytes' && reply.delayMs === 0 && reply.trailing === undefined) {
      playBytes(reply, reply.body.bytes, response)
      draft.finished = true
    } else void playSlowly(reply, draft, response)
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const draft = seenDraft(request)
    record?.add(draft)
    inFlight += 1
    response.on('close', () => {
      inFlight -= 1
      if (response.writableEnded) draft.finished = response.writableFinished
      if (!draft.finished && !closing) draft.abortedAt = Date.now()
      watchers.wake()
    })
    watchers.wake()
    collectBody(request, (body) => {
      draft.body = body ?? draft.body
      record?.weigh(draft)
      send(body === undefined ? errorReply(413, 'The request is too large') : exchange.answer(draft), draft, response)
      watchers.wake()
    })
  }

  return {
    serve,
    inFlight: () => inFlight,
    ownDoing: (doing) => {
      closing = doing
    },
  }
}
