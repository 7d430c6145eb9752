import { mix32 } from '../../lib/hash.ts'
import type { Call, Persona } from '../call.ts'
import { arrayOf, countOf, objectOf, stringOf, type JsonObject } from '../json.ts'
import { valueForSchema } from '../schema-value.ts'
import { hexOf, seedOf, wordsOf } from '../text.ts'
import { tokenLimitOf } from './usage.ts'

interface ComposedToolCall {
  readonly id: string
  readonly name: string
  /** The arguments' JSON, in the pieces that a stream sends. */
  readonly pieces: readonly string[]
}

export interface ComposedChoice {
  readonly pieces: readonly string[]
  readonly toolCalls: readonly ComposedToolCall[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls'
  readonly tokens: number
}

/** More choices than anybody tests with would only make a typo expensive. */
const MAXIMUM_CHOICES = 128
const PIECE_LENGTH = 6

/** What the model says: from the prompt and the model's name alone, whichever simulator is asked. */
export function composeChoices(call: Call, persona: Persona): readonly ComposedChoice[] {
  const messages = arrayOf(call.body['messages'])
  const partial = partialAnswer(call, messages)
  const seed = seedOf(call.model, JSON.stringify(partial === undefined ? messages : messages.slice(0, -1)))
  const count = Math.min(countOf(call.body['n']) ?? 1, MAXIMUM_CHOICES)
  const tool = wantedTool(call.body, messages)
  return Array.from({ length: count }, (_, index) => {
    const choiceSeed = index === 0 ? seed : mix32(seed, index)
    return tool === undefined ? textChoice(call, persona, { seed: choiceSeed, partial }) : toolChoice(tool, choiceSeed)
  })
}

/** The text of a last assistant message that is to be continued (vLLM's and SGLang's `continue_final_message`). */
function partialAnswer(call: Call, messages: readonly unknown[]): string | undefined {
  const last = objectOf(messages.at(-1))
  return call.body['continue_final_message'] === true && last['role'] === 'assistant' ? stringOf(last['content']) : undefined
}

function textChoice(call: Call, persona: Persona, given: { seed: number; partial: string | undefined }): ComposedChoice {
  const whole = piecesFor(call.body, persona.tokens, given.seed)
  const wanted = given.partial === undefined ? whole : remainder(whole, given.partial)
  const limit = tokenLimitOf(call)
  const cut = limit !== undefined && limit < wanted.length
  const pieces = cut ? wanted.slice(0, limit) : wanted
  return { pieces, toolCalls: [], finishReason: cut ? 'length' : 'stop', tokens: pieces.length }
}

function piecesFor(body: JsonObject, tokens: number, seed: number): readonly string[] {
  const format = objectOf(body['response_format'])
  if (format['type'] === 'json_schema') return piecesOf(valueForSchema(objectOf(format['json_schema'])['schema'], seed))
  if (format['type'] === 'json_object') return piecesOf({ answer: wordsOf(seed, tokens).join('') })
  return wordsOf(seed, tokens)
}

/** What follows `partial`, also when it ends within a token; all of it when the partial answer is not ours. */
function remainder(pieces: readonly string[], partial: string): readonly string[] {
  if (!pieces.join('').startsWith(partial)) return pieces
  let left = partial.length
  return pieces.flatMap((piece) => {
    const rest = piece.slice(left)
    left = Math.max(0, left - piece.length)
    return rest === '' ? [] : [rest]
  })
}

interface WantedTool {
  readonly definition: JsonObject
  readonly named: boolean
}

/** After a tool's result the model speaks, so that an agent's loop comes to an end. */
function wantedTool(body: JsonObject, messages: readonly unknown[]): WantedTool | undefined {
  const choice = body['tool_choice']
  const functions = arrayOf(body['tools']).flatMap((tool) =>
    objectOf(tool)['type'] === 'function' ? [objectOf(objectOf(tool)['function'])] : [],
  )
  if (functions.length === 0 || choice === 'none' || objectOf(messages.at(-1))['role'] === 'tool') return undefined
  const name = objectOf(objectOf(choice)['function'])['name']
  const definition = functions.find((candidate) => candidate['name'] === name) ?? functions[0]
  return definition && { definition, named: name !== undefined }
}

function toolChoice(tool: WantedTool, seed: number): ComposedChoice {
  const name = stringOf(tool.definition['name']) ?? ''
  const pieces = piecesOf(valueForSchema({ type: 'object', ...objectOf(tool.definition['parameters']) }, seed))
  // A named tool_choice ends with `stop` at OpenAI and vLLM.
  const finishReason = tool.named ? 'stop' : 'tool_calls'
  return { pieces: [], toolCalls: [{ id: `call_${hexOf(seed)}`, name, pieces }], finishReason, tokens: pieces.length }
}

function piecesOf(value: unknown): readonly string[] {
  return JSON.stringify(value).match(new RegExp(`[^]{1,${PIECE_LENGTH}}`, 'gu')) ?? []
}
