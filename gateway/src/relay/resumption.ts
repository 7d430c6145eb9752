import { isObject, type JsonObject } from '../lib/json.ts'
import type { Call } from '../endpoints/call.ts'
import { choicesAsked } from '../endpoints/choice-count.ts'
import type { Usage } from '../endpoints/usage.ts'
import { protocolFailure, type Failure } from './failure.ts'

/** The answer of another call is not the one that was begun. Nothing is wrong with the instance: models are free to say it otherwise. */
export function failureOfAnother(): Failure {
  return { ...protocolFailure('the new answer does not begin with the text already sent'), counts: false, outcome: 'resume_mismatch' }
}

/** The texts of a chat answer that grow with its chunks. */
interface Texts {
  content: string
  reasoning: string
}

/** What is to be sent of an event · undefined: nothing · `another`: nothing, this is the event of another answer. */
type Passed = Buffer | undefined | 'another'

/**
 * What a client has of a streamed chat, so that another call can complete it: the request is asked anew, what equals
 * the text already sent is swallowed, and the rest is passed on under the first answer's name; or it is asked to go on
 * from that text, where a backend can. Costs a JSON parse for
 * each chunk, which is why it has to be asked for.
 */
export class Resumption {
  readonly #sent: Texts = { content: '', reasoning: '' }
  #seen: Texts = { content: '', reasoning: '' }
  #matching = false
  #goesOn = false
  #mayGoOn = true
  #possible = true
  #pieces = 0
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

  /** Of what was sent, about a token for each piece; undefined before the first. */
  usage(): Usage | undefined {
    return this.#pieces === 0 ? undefined : { promptTokens: 0, completionTokens: this.#pieces, totalTokens: this.#pieces, estimated: true }
  }

  /** The text that another call may go on from; undefined where it is not all that was sent, or nothing was. */
  get begun(): string | undefined {
    const { content, reasoning } = this.#sent
    return this.#possible && this.#mayGoOn && reasoning === '' && content !== '' ? content : undefined
  }

  /** What was answered so far goes to no model as a part of its request: content rules have not seen it as that. */
  neverGoOn(): void {
    this.#mayGoOn = false
  }

  /** About the tokens that were sent. */
  get pieces(): number {
    return this.#pieces
  }

  /** Another call begins: `anew`, whose answer repeats what was sent, or `on` from it. */
  restart(how: 'anew' | 'on'): void {
    this.#seen = { content: '', reasoning: '' }
    this.#matching = how === 'anew'
    this.#goesOn = how === 'on'
  }

  /** An event on its way to the client. What it gives counts as sent. */
  pass(event: Buffer): Passed {
    const chunk = chunkOf(event)
    const choice: unknown = Array.isArray(chunk?.['choices']) ? chunk['choices'][0] : undefined
    if (chunk !== undefined && !isObject(choice)) return this.#renamed(chunk, event)
    const delta = isObject(choice) && isObject(choice['delta']) ? choice['delta'] : {}
    if (chunk === undefined || !isObject(choice) || !isText(delta)) {
      // Half a tool call, or a part of a picture, can't be told from another one.
      if (this.#matching) return 'another'
      this.#possible = false
      return event
    }
    this.#name ??= nameOf(chunk)
    if (this.#matching) return this.#match(chunk, choice, delta)
    this.#send(textOf(delta, CONTENT), textOf(delta, REASONING))
    if (!this.#goesOn) return this.#renamed(chunk, event)
    const { role: _again, ...rest } = delta
    return toEvent({ ...chunk, ...this.#name, choices: [{ ...choice, delta: rest }] })
  }

  #match(chunk: JsonObject, choice: JsonObject, delta: JsonObject): Passed {
    const reasoning = this.#advance('reasoning', textOf(delta, REASONING))
    const content = this.#advance('content', textOf(delta, CONTENT))
    if (reasoning === undefined || content === undefined) return 'another'
    const behind = this.#seen.content.length < this.#sent.content.length || this.#seen.reasoning.length < this.#sent.reasoning.length
    const finished = typeof choice['finish_reason'] === 'string'
    // It has gone on to something else, or ended, before it said all that was sent.
    if (behind && (finished || content !== '' || reasoning !== '')) return 'another'
    if (content === '' && reasoning === '' && !finished) return undefined
    this.#matching = false
    this.#send(content, reasoning)
    const rest = {
      ...Object.fromEntries(Object.entries(delta).filter(([key]) => key !== 'role')),
      ...cutTo(delta, CONTENT, content),
      ...cutTo(delta, REASONING, reasoning),
    }
    return toEvent({ ...chunk, ...this.#name, choices: [{ ...choice, delta: rest }] })
  }

  /** What of the piece is beyond the text already sent; undefined where it is not that text. */
  #advance(field: keyof Texts, piece: string): string | undefined {
    const at = this.#seen[field].length
    const known = this.#sent[field].slice(at, at + piece.length)
    if (!piece.startsWith(known)) return undefined
    this.#seen[field] += piece
    return piece.slice(known.length)
  }

  #send(content: string, reasoning: string): void {
    this.#sent.content += content
    this.#sent.reasoning += reasoning
    if (content !== '' || reasoning !== '') this.#pieces += 1
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
/** What may stand beside the texts without being a part of the answer. */
const BESIDE: ReadonlySet<string> = new Set(['role', ...CONTENT, ...REASONING])

/** Nothing in it but texts, or what says nothing: null, and what is empty. */
function isText(delta: JsonObject): boolean {
  return Object.entries(delta).every(
    ([key, value]) => BESIDE.has(key) || value === null || value === '' || (Array.isArray(value) && value.length === 0),
  )
}

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
