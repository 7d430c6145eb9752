import type { JsonObject } from '../../src/lib/json.ts'
import type { Reply } from './double.ts'
import { textAnswer, type Answer } from './serve.ts'
import type { ChatAsked, Message, Wire } from './wire.ts'

/** One reply in the words of that wire, streamed or whole as the request asks. */
export function render(wire: Wire, asked: ChatAsked, reply: Reply): Answer {
  const streamed = wire.wantsStream(asked)
  const begun = (text: string | undefined): readonly JsonObject[] => (text === undefined ? [] : wire.begun(asked, text))
  const stream = (pieces: readonly string[], end: Answer['end']): Answer => ({
    status: 200,
    headers: wire.headers(asked, true),
    pieces,
    end,
  })
  switch (reply.kind) {
    case 'error':
      return wire.error(asked, reply)
    case 'message':
      if (streamed) return stream(wire.frames(asked, wire.events(asked, reply), 'complete'), 'complete')
      return textAnswer(wire.whole(asked, reply), { status: 200, headers: wire.headers(asked, false) })
    case 'error-in-stream': {
      if (!streamed) return wire.error(asked, { status: 500, message: reply.message })
      const events = [...begun(reply.text), wire.failed(asked, reply.message)]
      return stream(wire.frames(asked, events, 'failed'), 'complete')
    }
    case 'cut': {
      if (streamed) return stream(wire.frames(asked, begun(reply.text), 'cut'), reply.how)
      const bytes = Buffer.from(wire.whole(asked, plain(reply.text ?? '')))
      return {
        status: 200,
        headers: wire.headers(asked, false),
        pieces: [bytes.subarray(0, Math.floor(bytes.length / 2))],
        end: reply.how,
        declaredBytes: bytes.length,
      }
    }
  }
}

const plain = (text: string): Message => ({ kind: 'message', text, stop: 'end', usage: { input: 1, output: 1 } })

const LENGTHS = [2, 1, 3, 5]

/** A text as a model would let it out: in pieces of few characters, cut inside of words but never inside of a character. */
export function piecesOf(text: string): string[] {
  const characters = Array.from(text)
  const pieces: string[] = []
  for (let start = 0, turn = 0; start < characters.length; turn += 1) {
    const length = LENGTHS[turn % LENGTHS.length] ?? 1
    pieces.push(characters.slice(start, start + length).join(''))
    start += length
  }
  return pieces
}

/** A header that tells when to come back, for the servers that say so in one. */
export const retryHeader = (seconds: number | undefined): Readonly<Record<string, string>> =>
  seconds === undefined ? {} : { 'retry-after': String(seconds) }

/** The names under which the Bearer scheme carries a key; undefined when there is none. */
export const bearerOf = (authorization: string | undefined): string | undefined => /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
