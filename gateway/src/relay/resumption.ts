import { isObject, type Call, type JsonObject } from '../endpoints/call.ts'
import { choicesAsked } from '../endpoints/choice-count.ts'
import { protocolFailure, type Failure } from './failure.ts'

/** The answer of another call is not the one that was begun: what is left of it can't be joined on. */
export class AnotherAnswer extends Error {
  constructor() {
    super('the new answer does not begin with the text already sent')
    this.name = 'AnotherAnswer'
  }
}

export function failureOfAnother(error: AnotherAnswer): Failure {
  // Nothing is wrong with the instance: models are free to say it otherwise.
  return { ...protocolFailure(error.message), counts: false, outcome: 'resume_mismatch' }
}

/** The texts of a chat answer that grow with its chunks. */
interface Texts {
  content: string
  reasoning: string
}

/**
 * What a client has of a streamed chat, so that another call can complete it: the request is asked anew, what equals
 * the text already sent is swallowed, and the rest is passed on under the first answer's name. Costs a JSON parse for
 * each chunk, which is why it has to be asked for.
 */
export class Resumption {
  readonly #sent: Texts = { content: '', reasoning: '' }
  #seen: Texts = { content: '', reasoning: '' }
  #matching = false
  #possible = true
  #name: JsonObject | undefined

  /** One answer of text: nothing else can be joined. */
  static of(call: Call): Resumption | undefined {
    if (call.kind !== 'json' || call.endpoint.id !== 'chat' || !call.stream) return undefined
    return choicesAsked(call.endpoint, call.fields) === 1 && call.fields['logprobs'] !== true ? new Resumption() : undefined
  }

  /** Whether what was sent so far can be completed by another call. */
  get possible(): boolean {
    return this.#possible
  }

  /** Another call begins. */
  restart(): void {
    this.#seen = { content: '', reasoning: '' }
    this.#matching = true
  }

  /** An event on its way to the client → what is to be sent of it; undefined: nothing. Throws AnotherAnswer. */
  pass(event: Buffer): Buffer | undefined {
    const chunk = chunkOf(event)
    if (chunk === undefined) {
      this.#possible = false
      return event
    }
    const choice: unknown = Array.isArray(chunk['choices']) ? chunk['choices'][0] : undefined
    if (!isObject(choice)) return this.#renamed(chunk, event)
    const delta = isObject(choice['delta']) ? choice['delta'] : {}
    if (delta['tool_calls'] !== undefined || delta['function_call'] !== undefined || typeof delta['refusal'] === 'string') {
      // Half a tool call can't be told from another one.
      if (this.#matching) throw new AnotherAnswer()
      this.#possible = false
    }
    this.#name ??= nameOf(chunk)
    if (!this.#matching) {
      this.#sent.content += textOf(delta, CONTENT)
      this.#sent.reasoning += textOf(delta, REASONING)
      return this.#renamed(chunk, event)
    }
    return this.#match(chunk, choice, delta)
  }

  #match(chunk: JsonObject, choice: JsonObject, delta: JsonObject): Buffer | undefined {
    const content = this.#advance('content', textOf(delta, CONTENT))
    const reasoning = this.#advance('reasoning', textOf(delta, REASONING))
    const caughtUp = this.#seen.content.length >= this.#sent.content.length && this.#seen.reasoning.length >= this.#sent.reasoning.length
    const finished = typeof choice['finish_reason'] === 'string'
    if (finished && !caughtUp) throw new AnotherAnswer()
    this.#sent.content += content
    this.#sent.reasoning += reasoning
    if (caughtUp && (content !== '' || reasoning !== '')) this.#matching = false
    if (content === '' && reasoning === '' && !finished) return undefined
    const rest = {
      ...Object.fromEntries(Object.entries(delta).filter(([key]) => key !== 'role')),
      ...cutTo(delta, CONTENT, content),
      ...cutTo(delta, REASONING, reasoning),
    }
    return toEvent({ ...chunk, ...this.#name, choices: [{ ...choice, delta: rest }] })
  }

  /** What of the piece is beyond the text already sent. */
  #advance(field: keyof Texts, piece: string): string {
    const sent = this.#sent[field]
    const at = this.#seen[field].length
    const known = sent.slice(at, at + piece.length)
    if (!piece.startsWith(known)) throw new AnotherAnswer()
    this.#seen[field] += piece
    return piece.slice(known.length)
  }

  /** All chunks of an answer bear the same id. */
  #renamed(chunk: JsonObject, event: Buffer): Buffer {
    const { id } = this.#name ?? {}
    return id === undefined || id === chunk['id'] ? event : toEvent({ ...chunk, ...this.#name })
  }
}

const CONTENT = ['content'] as const
/** Backends name it either way (backends.md 21.4). */
const REASONING = ['reasoning_content', 'reasoning'] as const

function textOf(delta: JsonObject, names: readonly string[]): string {
  for (const name of names) {
    const value = delta[name]
    if (typeof value === 'string') return value
  }
  return ''
}

function cutTo(delta: JsonObject, names: readonly string[], rest: string): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (typeof delta[name] === 'string' ? [[name, rest]] : [])))
}

function nameOf({ id, created, model }: JsonObject): JsonObject {
  return { ...(id === undefined ? {} : { id }), ...(created === undefined ? {} : { created }), ...(model === undefined ? {} : { model }) }
}

function chunkOf(event: Buffer): JsonObject | undefined {
  const start = event.indexOf('{')
  const end = event.lastIndexOf('}')
  try {
    const json: unknown = JSON.parse(event.toString('utf8', start, end + 1))
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

function toEvent(chunk: JsonObject): Buffer {
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
}
