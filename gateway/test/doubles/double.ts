import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../../src/lib/json.ts'
import { anthropic } from './anthropic-double.ts'
import { cohere } from './cohere-double.ts'
import { gemini } from './gemini-double.ts'
import { ollama } from './ollama-double.ts'
import { openai } from './openai-double.ts'
import { Refused, demand } from './refused.ts'
import { render } from './render.ts'
import { serve, type Answer, type Asked } from './serve.ts'
import type { Wire } from './wire.ts'

/** The wire formats that chat is spoken in. `openai` is OpenAI itself, but for the reasoning that others of this wire show. */
export type WireName = 'openai' | 'ollama' | 'anthropic' | 'gemini' | 'cohere'

/** What the double says next, in no dialect. Rendered streamed or whole, as the request asks. */
export type Reply =
  | {
      readonly kind: 'message'
      readonly reasoning?: string
      /** Streamed in several pieces, cut inside of words. */
      readonly text?: string
      /** Ids are said only where the wire has them: Ollama and Gemini say none. */
      readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: JsonObject }[]
      /** What a wire has no word for is an ordinary end there: a refusal of Cohere and Ollama. */
      readonly stop: 'end' | 'length' | 'tools' | 'stop-sequence' | 'refusal'
      /** In tokens. `input` counts those that were `cached` too, `output` those of the `reasoning` too. */
      readonly usage: { readonly input: number; readonly output: number; readonly cached?: number; readonly reasoning?: number }
    }
  | {
      readonly kind: 'error'
      readonly status: 400 | 401 | 404 | 413 | 422 | 429 | 500 | 503 | 529
      readonly message: string
      readonly retryAfterSeconds?: number
    }
  /** Some text, then the wire's own error within a stream, whose first event it is without a text. A whole answer is an error 500 instead. */
  | { readonly kind: 'error-in-stream'; readonly text?: string; readonly message: string }
  /** Some text, then the stream ends without its proper end, after the head of the answer without a text; of a whole answer half of the bytes come. */
  | { readonly kind: 'cut'; readonly text?: string; readonly how: 'eof' | 'reset' }

export interface ChatDouble {
  readonly wire: WireName
  readonly url: string
  /** All chat requests that came, parsed; also those that were refused. `path` has its query. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: JsonObject }[]
  /** Used for every following chat request until told otherwise. The first one is the text `ok`. */
  reply(next: Reply): void
}

/** What the request said in that wire's own words, read back into one neutral form; used by tests to see that nothing was lost. */
export interface Understood {
  readonly model: string
  readonly stream: boolean
  /** All system and developer text, joined by line feeds. */
  readonly system: string | undefined
  readonly turns: readonly Turn[]
  readonly tools: readonly { readonly name: string; readonly description: string | undefined; readonly parameters: JsonObject }[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string } | undefined
  readonly maximumTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly stop: readonly string[]
  /** The JSON schema of structured output. */
  readonly schema: JsonObject | undefined
  readonly thinking: boolean | undefined
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'tool'
  /** Several text parts are joined by line feeds. */
  readonly text: string
  /** Data URLs or addresses. Ollama sends no media type: it is told from the first bytes. */
  readonly images: readonly string[]
  /** Where the wire has no id, the name of the function stands for it. */
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: JsonObject }[]
  readonly answersCall?: string
}

const WIRES: Readonly<Record<WireName, Wire>> = { openai, ollama, anthropic, gemini, cohere }

const FIRST_REPLY: Reply = { kind: 'message', text: 'ok', stop: 'end', usage: { input: 1, output: 1 } }

/**
 * A server of that wire on a free port of loopback, closed when the test ends; any model name is served, `m` is listed.
 * `split`: how many bytes a write of the answer has at most (1 = each byte alone); default whole.
 * `lenient`: fields that the server does not know are ignored, as vLLM and others of OpenAI's wire do, not refused.
 */
export async function startDouble(
  name: WireName,
  options: { readonly split?: number; readonly lenient?: boolean } = {},
): Promise<ChatDouble> {
  const wire = WIRES[name]
  let current = FIRST_REPLY
  const served = await serve({
    split: options.split,
    keeps: (asked) => asked.method === 'POST' && wire.isChat(asked.path),
    answer: (asked) => answerOf(wire, asked, { reply: current, lenient: options.lenient ?? false }),
  })
  return {
    wire: name,
    ...served,
    reply: (next) => {
      current = next
    },
  }
}

export function understand(wire: WireName, path: string, body: JsonObject): Understood {
  return WIRES[wire].understand(path, body)
}

function answerOf(wire: Wire, asked: Asked, { reply, lenient }: { reply: Reply; lenient: boolean }): Answer {
  try {
    wire.admit(asked)
    const side = wire.side(asked)
    if (side !== undefined) return side
    if (asked.method !== 'POST' || !wire.isChat(asked.path)) return wire.notFound(asked)
    demand(asked.body !== undefined, 'The body of the request is not a JSON object')
    wire.check({ ...asked, body: asked.body }, lenient)
    return render(wire, { ...asked, body: asked.body }, reply)
  } catch (error) {
    if (error instanceof Refused) return wire.refusal(asked, error)
    throw error
  }
}
