import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { openStream, type OpenStream } from '../ask.ts'
import { answerTo, chatBody, jsonBody, questionOf, streamBody, toWire } from './answer-wire.ts'
import { askOrError } from './ask-or-error.ts'
import { startRawBackend, type RawBackend } from './raw-backend.ts'
import { contentOf, judgeStream } from './received-answer.ts'

const ANSWER_MS = 20

export interface HoldingBackend extends RawBackend {
  /** Questions that have come, in order. */
  readonly questions: readonly string[]
  /** Ends every stream that is open, properly. */
  finish(): void
}

/** Streams begin at once and end when they are told to; everything else is answered after some milliseconds. */
export async function startHolding(): Promise<HoldingBackend> {
  const held = new Map<Socket, Buffer>()
  const questions: string[] = []
  const backend = await startRawBackend(({ body, socket }) => {
    const question = questionOf(body)
    questions.push(question)
    const content = answerTo(question)
    if (body['stream'] !== true) {
      setTimeout(() => socket.write(toWire(jsonBody(content), 'application/json', 'content-length')), ANSWER_MS)
      return
    }
    const wire = toWire(streamBody(content), 'text/event-stream', 'chunked')
    const begun = Math.floor(wire.length / 2)
    socket.write(wire.subarray(0, begun))
    held.set(socket, wire.subarray(begun))
  })
  return {
    ...backend,
    questions,
    finish() {
      for (const [socket, rest] of held) socket.write(rest)
      held.clear()
    },
  }
}

/** Streams that have begun. Each gives `whole` or how it ended. */
export async function openStreams(url: string, count: number): Promise<readonly Promise<string>[]> {
  const opened = await Promise.all(Array.from({ length: count }, (_, index) => openStream(url, chatBody(`stream ${index}`, true))))
  return opened.map((stream, index) => endOf(stream, answerTo(`stream ${index}`)))
}

async function endOf({ text }: OpenStream, sent: string): Promise<string> {
  return text.then(
    (all) => judgeStream(all, sent),
    (error: unknown) => String(error),
  )
}

/** One request, known by its id: `whole`, `refused` (no connection), or how it failed. */
export async function sendKnown(url: string, agent: Agent, id: string): Promise<string> {
  const options = { body: chatBody(id, false), headers: { 'x-request-id': id }, agent }
  const answer = await askOrError(`${url}/v1/chat/completions`, options)
  if (answer instanceof Error) return 'code' in answer && answer.code === 'ECONNREFUSED' ? 'refused' : answer.message
  if (answer.status !== 200) return `${answer.status} ${answer.code}`
  return contentOf(answer.text) === answerTo(id) ? 'whole' : 'truncated'
}
