import { readArguments } from '../../../lib/call-arguments.ts'
import { isAbsent, isObject, listOf, textOf, type JsonObject } from '../../../lib/json.ts'
import { readOptionalEntries, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import { addressed, toParts } from './parts.ts'
import { LOST_SIGNATURE, signatureOf } from './signature.ts'

/** A call that the history tells of: results name their call by its id alone, and Gemini wants the function's name. */
export interface PastCall {
  readonly id: string | undefined
  readonly name: string
}

export interface AssistantTurn {
  readonly parts: readonly JsonObject[]
  readonly calls: readonly PastCall[]
}

/**
 * A message of the assistant -> parts of the model's turn: texts, pictures, calls. `reasoning_content` is left out: Gemini
 * takes its thoughts back by their signatures. With `checked`, a call without a signature gets the documented stand-in;
 * of calls made at once only the first bears one.
 */
export function toAssistantTurn(message: JsonObject, param: string, checked: boolean): AssistantTurn {
  if (!isAbsent(message['audio'])) throw new CodecRefusal(`${param}.audio`, 'Gemini does not have this audio')
  const texts = [...toParts(message['content'], `${param}.content`), ...refusalParts(message)]
  const pictures = listOf(message['images']).map((image, index) => picturePart(image, `${param}.images[${index}]`))
  const calls = callsOf(message, param)
  const callParts = calls.map(({ name, id, args, signature }, index) => ({
    functionCall: { ...(id === undefined ? {} : { id }), name, args },
    ...signatureField(signature ?? (checked && index === 0 ? LOST_SIGNATURE : undefined)),
  }))
  return { parts: [...withSignature(texts, signatureOf(message)), ...pictures, ...callParts], calls }
}

interface Call extends PastCall {
  readonly args: JsonObject
  readonly signature: string | undefined
}

function callsOf(message: JsonObject, param: string): readonly Call[] {
  const calls = readOptionalEntries(message['tool_calls'], `${param}.tool_calls`, (call, callParam) => toCall(call, callParam))
  const old = message['function_call']
  return isAbsent(old) ? calls : [...calls, toCall({ function: old }, param, 'function_call')]
}

function toCall(call: unknown, param: string, key = 'function'): Call {
  const inner = isObject(call) ? call['function'] : undefined
  const name = isObject(inner) ? textOf(inner['name']) : undefined
  if (!isObject(call) || !isObject(inner) || name === undefined)
    throw new CodecRefusal(`${param}.${key}`, 'Gemini takes calls of functions only, each with a name')
  return { id: textOf(call['id']), name, args: argumentsOf(inner, `${param}.${key}.arguments`), signature: signatureOf(call) }
}

/** Gemini wants an object where OpenAI has its JSON. */
function argumentsOf({ arguments: text }: JsonObject, param: string): JsonObject {
  const args = readArguments(text)
  if (args === undefined) throw wrongField(param, 'a JSON object in a string')
  return args
}

function picturePart(image: unknown, param: string): JsonObject {
  if (!isObject(image)) throw wrongField(param, 'an object')
  return { ...addressed(image['image_url'], `${param}.image_url`), ...signatureField(signatureOf(image)) }
}

function refusalParts({ refusal }: JsonObject): JsonObject[] {
  const text = textOf(refusal)
  return text === undefined ? [] : [{ text }]
}

/** Gemini itself signs a text in an empty part that follows it. */
function withSignature(parts: readonly JsonObject[], signature: string | undefined): readonly JsonObject[] {
  return signature === undefined ? parts : [...parts, { text: '', thoughtSignature: signature }]
}

function signatureField(thoughtSignature: string | undefined): JsonObject {
  return thoughtSignature === undefined ? {} : { thoughtSignature }
}
