import type { Agent } from 'node:http'
import { answerTo, chatBody, jsonBody, questionOf, speechBody, streamBody, toWire, type Framing } from './answer-wire.ts'
import { askOrError } from './ask-or-error.ts'
import { diceOf } from './dice.ts'
import { startRawBackend, type RawBackend, type RawRequest } from './raw-backend.ts'
import { contentOf, judgeStream } from './received-answer.ts'

interface CutMode {
  readonly what: 'stream' | 'json' | 'speech'
  readonly framing: Framing
}

/** Sound that ends with its connection is left out: cut by a FIN, it is a whole one for everybody but its maker. */
export const CUT_MODES: readonly CutMode[] = [
  { what: 'stream', framing: 'chunked' },
  { what: 'stream', framing: 'until close' },
  { what: 'json', framing: 'content-length' },
  { what: 'json', framing: 'chunked' },
  { what: 'json', framing: 'until close' },
  { what: 'speech', framing: 'content-length' },
  { what: 'speech', framing: 'chunked' },
]

const TYPES = { stream: 'text/event-stream', json: 'application/json', speech: 'audio/mpeg' } as const

/** A backend none of whose answers is complete: each is cut at a byte of its own, head included, by FIN or by RST. */
export function startCutting(seed: number): Promise<RawBackend> {
  return startRawBackend((request) => cutAnswer(request, seed))
}

function cutAnswer({ body, socket }: RawRequest, seed: number): void {
  const question = questionOf(body)
  const [, number, mode] = /^cut (\d+) of mode (\d+)$/.exec(question) ?? []
  const { what, framing } = modeAt(Number(mode))
  const dice = diceOf(seed, Number(number))
  const wire = toWire(bodyOf(what, answerTo(question)), TYPES[what], framing)
  const cut = dice(wire.length)
  const first = dice(cut + 1)
  const reset = dice(2) === 0
  // In two writes, so that the gateway has often begun to pass it on.
  socket.write(wire.subarray(0, first))
  setImmediate(() =>
    socket.write(wire.subarray(first, cut), () => {
      if (reset) socket.resetAndDestroy()
      else socket.destroySoon()
    }),
  )
}

function bodyOf(what: CutMode['what'], content: string): Buffer {
  if (what === 'stream') return streamBody(content)
  return what === 'json' ? jsonBody(content) : Buffer.from(content)
}

/**
 * Asks for an answer that will be cut. `whole`: the cut took nothing that mattered, as behind [DONE] · `told`, `refused`,
 * `broken off`: the client knows · `passed off`: it does not.
 */
export async function askForCut(url: string, agent: Agent, cut: { readonly number: number; readonly mode: number }): Promise<string> {
  const { what } = modeAt(cut.mode)
  const question = `cut ${cut.number} of mode ${cut.mode}`
  const path = what === 'speech' ? '/v1/audio/speech' : '/v1/chat/completions'
  const body = what === 'speech' ? speechBody(question) : chatBody(question, what === 'stream')
  const answer = await askOrError(`${url}${path}`, { body, agent })
  if (answer instanceof Error) return answer.message === 'aborted' ? 'broken off' : answer.message
  const { status, text } = answer
  if (status !== 200) return status === 502 ? 'refused' : `status ${status}`
  const sent = answerTo(question)
  if (what === 'stream') return { whole: 'whole', told: 'told', unfinished: 'passed off' }[judgeStream(text, sent)]
  return (what === 'json' ? contentOf(text) : text) === sent ? 'whole' : 'passed off'
}

function modeAt(index: number): CutMode {
  const mode = CUT_MODES[index]
  if (mode === undefined) throw new Error(`There is no mode ${index}`)
  return mode
}
