import type { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { answerTo, chatBody, jsonBody, questionOf, streamBody, toWire } from './answer-wire.ts'
import { askOrError } from './ask-or-error.ts'
import { diceOf } from './dice.ts'
import { startRawBackend, type RawBackend } from './raw-backend.ts'
import { contentOf, judgeStream } from './received-answer.ts'

/** When what nobody asked for follows an answer on the same connection. */
export const POISONS = {
  /** The body goes on beyond its content-length. */
  longer: 'a body longer than its content-length, in one write',
  /** A second answer. */
  second: 'a second answer, in one write',
  /** Within some milliseconds: before the connection serves again, or after. */
  soon: 'a second answer, within 4 ms',
  /** Only when `spoil` says so. */
  idle: 'a second answer, while the connection is idle',
  /** A second answer as soon as the next request has come, before that one's own. */
  reused: 'a second answer, when the next request has come',
} as const
export type Poison = keyof typeof POISONS

const FOREIGN_TEXT = 'this was never asked for'
const FOREIGN = toWire(jsonBody(FOREIGN_TEXT), 'application/json', 'content-length')
const SOON_MS = 4

export interface PoisonedBackend extends RawBackend {
  /** Sends what nobody asked for over every connection without an open request: whole, or its first bytes. Resolves when it is on its way. */
  spoil(bytes?: number): Promise<void>
}

/** Answers rightly, and then says more than it was asked. */
export async function startPoisoned(poison: Poison, seed: number): Promise<PoisonedBackend> {
  const backend = await startRawBackend(({ body, socket, number }) => {
    const question = questionOf(body)
    const content = answerTo(question)
    const wire =
      body['stream'] === true
        ? toWire(streamBody(content), 'text/event-stream', 'chunked')
        : toWire(jsonBody(content), 'application/json', 'content-length')
    if (poison === 'longer') socket.write(Buffer.concat([wire, Buffer.from(FOREIGN_TEXT)]))
    else if (poison === 'second') socket.write(Buffer.concat([wire, FOREIGN]))
    else if (poison === 'reused' && number > 0) socket.write(Buffer.concat([FOREIGN, wire]))
    else socket.write(wire)
    if (poison === 'soon') setTimeout(() => socket.write(FOREIGN), diceOf(seed, trialOf(question))(SOON_MS + 1))
  })
  return {
    ...backend,
    async spoil(bytes = FOREIGN.length) {
      await Promise.all([...backend.sockets].map((socket) => written(socket, FOREIGN.subarray(0, bytes))))
    },
  }
}

/** `own`: the answer to the question · `error` · `foreign`: to another one, or to none. */
export async function askPoisoned(url: string, agent: Agent, trial: number): Promise<string> {
  const stream = trial % 2 === 1
  const question = `question ${trial}`
  const answer = await askOrError(`${url}/v1/chat/completions`, { body: chatBody(question, stream), agent })
  if (answer instanceof Error) return 'error'
  const { status, text } = answer
  if (status !== 200) return text.includes(FOREIGN_TEXT) ? 'foreign' : 'error'
  if (stream) return { whole: 'own', told: 'error', unfinished: 'foreign' }[judgeStream(text, answerTo(question))]
  return contentOf(text) === answerTo(question) ? 'own' : 'foreign'
}

function trialOf(question: string): number {
  return Number(question.split(' ').at(-1))
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.write(bytes, () => resolve())
  })
}
