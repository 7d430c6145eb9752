import { isObject, type JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from './double.ts'
import { base64FaultOf, joined, numberOf, objectOf, objectsOf, optionalObject, optionalText, stringsOf, textOf } from './reading.ts'
import { demand, isCount, isStrings, isText, isWithin, strangerIn } from './refused.ts'

const KNOWN = 'contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels model'.split(' ')
const GENERATION = (
  'temperature topP topK maxOutputTokens stopSequences candidateCount seed presencePenalty frequencyPenalty responseMimeType ' +
  'responseSchema responseJsonSchema responseLogprobs logprobs thinkingConfig responseModalities mediaResolution speechConfig'
).split(' ')
const DATA = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse']
const PART = [...DATA, 'thought', 'thoughtSignature']

export function checkGemini(body: JsonObject, lenient: boolean): void {
  const know = (value: JsonObject, known: readonly string[], at: string): void => {
    const stranger = lenient ? undefined : strangerIn(value, known)
    demand(
      stranger === undefined,
      `Invalid JSON payload received. Unknown name "${stranger}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`,
    )
  }
  know(body, KNOWN, '')
  const { contents, systemInstruction: system, generationConfig: generation } = body
  demand(Array.isArray(contents) && contents.length > 0, '* GenerateContentRequest.contents: contents is not specified')
  for (const [index, { role, parts, ...rest }] of objectsOf(contents).entries()) {
    know(rest, [], `contents[${index}]`)
    demand(role === undefined || ['user', 'model', 'function'].includes(textOf(role)), 'Please use a valid role: user, model.')
    demand(objectsOf(parts).length > 0, `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`)
    for (const [place, part] of objectsOf(parts).entries()) {
      know(part, PART, `contents[${index}].parts[${place}]`)
      checkPart(part, `contents[${index}].parts[${place}]`)
    }
  }
  checkAnswers(objectsOf(contents))
  if (system !== undefined) {
    const texts = objectsOf(objectOf(system)['parts'])
    demand(texts.length > 0 && texts.every(({ text }) => typeof text === 'string'), 'systemInstruction: only text is supported')
  }
  know(objectOf(generation), GENERATION, 'generation_config')
  know(
    objectOf(objectOf(generation)['thinkingConfig']),
    ['includeThoughts', 'thinkingBudget', 'thinkingLevel'],
    'generation_config.thinking_config',
  )
  checkGeneration(objectOf(generation))
  checkTools(body, know)
}

function checkPart(part: JsonObject, at: string): void {
  const kinds = DATA.filter((kind) => part[kind] !== undefined)
  demand(kinds.length === 1, `${at}: required oneof field 'data' must have one initialized field`)
  const { text, inlineData, fileData, functionCall, functionResponse } = part
  demand(text === undefined || typeof text === 'string', `Invalid value at '${at}.text' (TYPE_STRING)`)
  if (inlineData !== undefined) {
    const { mimeType, data } = objectOf(inlineData)
    demand(isText(mimeType), `${at}.inline_data: mime type is not set`)
    demand(
      isText(data) && base64FaultOf(data) === undefined,
      `Invalid value at '${at}.inline_data.data' (TYPE_BYTES), Base64 decoding failed`,
    )
  }
  const address = textOf(objectOf(fileData)['fileUri'])
  const fetchable = /^(gs:\/\/|https:\/\/(generativelanguage\.googleapis\.com|www\.youtube\.com)\/)/.test(address)
  demand(fileData === undefined || fetchable, `Unsupported file URI: ${address}`)
  for (const named of [functionCall, functionResponse]) {
    demand(named === undefined || isText(objectOf(named)['name']), `${at}: function name cannot be empty`)
  }
  const { args } = objectOf(functionCall)
  demand(args === undefined || isObject(args), `Invalid value at '${at}.function_call.args' (type.googleapis.com/google.protobuf.Struct)`)
  const { response } = objectOf(functionResponse)
  const isSound = functionResponse === undefined || isObject(response)
  demand(isSound, `Invalid value at '${at}.function_response.response' (type.googleapis.com/google.protobuf.Struct)`)
}

/** The turn after one with function calls has a response for each of them, and no other turn has any. */
function checkAnswers(contents: readonly JsonObject[]): void {
  let open: readonly string[] = []
  for (const { role, parts } of contents) {
    const named = (kind: string): string[] =>
      objectsOf(parts).flatMap((part) => (part[kind] === undefined ? [] : [textOf(objectOf(part[kind])['name'])]))
    const same = named('functionResponse').sort().join('\n') === [...open].sort().join('\n')
    demand(same, 'Please ensure that the function response parts are those of the function call parts of the function call turn.')
    const calls = named('functionCall')
    demand(calls.length === 0 || role === 'model', 'Please ensure that function calls are in a model turn.')
    open = calls
  }
  demand(open.length === 0, 'Please ensure that a function call turn is followed by a function response turn.')
}

function checkGeneration(generation: JsonObject): void {
  const { temperature, topP, maxOutputTokens: maximum, stopSequences: stops, thinkingConfig: thinking } = generation
  demand(temperature === undefined || isWithin(temperature, 0, 2), 'temperature must be in the range [0.0, 2.0].')
  demand(topP === undefined || isWithin(topP, 0, 1), 'top_p must be in the range [0.0, 1.0].')
  demand(maximum === undefined || isCount(maximum), 'max_output_tokens must be positive.')
  demand(stops === undefined || (isStrings(stops) && stringsOf(stops).length <= 5), 'stop_sequences: at most 5 strings')
  const { responseSchema: subset, responseJsonSchema: schema, responseMimeType: mimeType } = generation
  demand(subset === undefined || schema === undefined, 'Only one of response_schema and response_json_schema may be set.')
  const isJson = mimeType === 'application/json' || (subset === undefined && schema === undefined)
  demand(isJson, 'Response schema is only supported with response mime type application/json.')
  checkSubset(subset, 'generation_config.response_schema')
  const { thinkingLevel: level, thinkingBudget: budget } = objectOf(thinking)
  demand(
    level === undefined || ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'].includes(textOf(level)),
    `Invalid value at 'thinking_level': ${textOf(level)}`,
  )
  demand(budget === undefined || Number.isInteger(budget), "Invalid value at 'thinking_budget' (TYPE_INT32)")
  demand(level === undefined || budget === undefined, 'You can only set one of thinking budget and thinking level.')
}

/** `parameters` and `responseSchema` take OpenAPI's subset only. */
function checkSubset(schema: unknown, at: string): void {
  if (Array.isArray(schema)) for (const item of schema) checkSubset(item, at)
  if (!isObject(schema)) return
  for (const [name, value] of Object.entries(schema)) {
    const isForeign = ['$schema', 'additionalProperties', 'strict'].includes(name)
    demand(!isForeign, `Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`)
    // Below `properties` the names are the caller's own.
    if (name === 'properties') for (const property of Object.values(objectOf(value))) checkSubset(property, at)
    else if (name !== 'default' && name !== 'enum' && name !== 'example') checkSubset(value, at)
  }
}

function checkTools(body: JsonObject, know: (value: JsonObject, known: readonly string[], at: string) => void): void {
  const declared = objectsOf(body['tools']).flatMap((tool) => objectsOf(tool['functionDeclarations']))
  for (const [index, declaration] of declared.entries()) {
    const at = `tools[0].function_declarations[${index}]`
    const { name, parameters, parametersJsonSchema: schema } = declaration
    know(declaration, ['name', 'description', 'parameters', 'parametersJsonSchema', 'response', 'responseJsonSchema', 'behavior'], at)
    demand(/^[A-Za-z_][\w.:-]{0,63}$/.test(textOf(name)), `${at}.name: Invalid function name.`)
    demand(parameters === undefined || schema === undefined, `${at}: only one of parameters and parameters_json_schema may be set`)
    checkSubset(parameters, `${at}.parameters`)
  }
  const { mode, allowedFunctionNames: allowed } = objectOf(objectOf(body['toolConfig'])['functionCallingConfig'])
  demand(
    mode === undefined || ['AUTO', 'ANY', 'NONE', 'VALIDATED'].includes(textOf(mode)),
    `Invalid value at 'function_calling_config.mode': ${textOf(mode)}`,
  )
  demand(mode === undefined || mode === 'NONE' || declared.length > 0, 'Function calling config is set without function_declarations.')
  demand(allowed === undefined || mode === 'ANY' || mode === 'VALIDATED', 'Allowed function names may be set only when the mode is ANY.')
  const stray = stringsOf(allowed).find((name) => declared.every((declaration) => declaration['name'] !== name))
  demand(stray === undefined, `Allowed function name ${stray} is not declared.`)
}

/** `path` gives the model, and whether it is a stream. */
export function understandGemini(path: string, body: JsonObject): Understood {
  const [, model = '', method = ''] = /\/models\/([^/:?]+):(\w+)/.exec(path) ?? []
  const generation = objectOf(body['generationConfig'])
  return {
    model: decodeURIComponent(model),
    stream: method === 'streamGenerateContent',
    system: joined(textsOf(objectsOf(objectOf(body['systemInstruction'])['parts']))),
    turns: objectsOf(body['contents']).flatMap(turnsOf),
    tools: objectsOf(body['tools'])
      .flatMap((tool) => objectsOf(tool['functionDeclarations']))
      .map(({ name, description, parametersJsonSchema, parameters }) => ({
        name: textOf(name),
        description: optionalText(description),
        parameters: objectOf(parametersJsonSchema ?? parameters),
      })),
    toolChoice: choiceOf(objectOf(objectOf(body['toolConfig'])['functionCallingConfig'])),
    maximumTokens: numberOf(generation['maxOutputTokens']),
    temperature: numberOf(generation['temperature']),
    topP: numberOf(generation['topP']),
    stop: stringsOf(generation['stopSequences']),
    schema: optionalObject(generation['responseJsonSchema'] ?? generation['responseSchema']),
    thinking: thinkingOf(objectOf(generation['thinkingConfig'])),
  }
}

const textsOf = (parts: readonly JsonObject[]): string[] =>
  parts.flatMap(({ text, thought }) => (typeof text === 'string' && thought !== true ? [text] : []))

/** Each function response is a turn by itself; what else stands beside it follows. */
function turnsOf({ role, parts }: JsonObject): Turn[] {
  const all = objectsOf(parts)
  const answers = all.flatMap(({ functionResponse }): Turn[] => {
    if (functionResponse === undefined) return []
    const { id, name, response } = objectOf(functionResponse)
    return [{ role: 'tool', text: resultOf(objectOf(response)), images: [], toolCalls: [], answersCall: textOf(id) || textOf(name) }]
  })
  if (answers.length === all.length && answers.length > 0) return answers
  const own: Turn = {
    role: role === 'model' ? 'assistant' : 'user',
    text: textsOf(all).join('\n'),
    images: all.flatMap(({ inlineData, fileData }) => {
      const { mimeType, data } = objectOf(inlineData)
      if (inlineData !== undefined) return [`data:${textOf(mimeType)};base64,${textOf(data)}`]
      return fileData === undefined ? [] : [textOf(objectOf(fileData)['fileUri'])]
    }),
    toolCalls: all.flatMap(({ functionCall }) => {
      const { id, name, args } = objectOf(functionCall)
      return functionCall === undefined ? [] : [{ id: textOf(id) || textOf(name), name: textOf(name), arguments: objectOf(args) }]
    }),
  }
  return [...answers, own]
}

/** A string that was wrapped to be an object, or else the object as JSON. */
function resultOf(response: JsonObject): string {
  const { result } = response
  return typeof result === 'string' && Object.keys(response).length === 1 ? result : JSON.stringify(response)
}

function choiceOf({ mode, allowedFunctionNames: allowed }: JsonObject): Understood['toolChoice'] {
  const [name, ...others] = stringsOf(allowed)
  if (mode === 'ANY') return name !== undefined && others.length === 0 ? { name } : 'required'
  if (mode === 'NONE') return 'none'
  return mode === 'AUTO' || mode === 'VALIDATED' ? 'auto' : undefined
}

function thinkingOf({ includeThoughts: shown, thinkingBudget: budget, thinkingLevel: level }: JsonObject): boolean | undefined {
  if (budget === 0) return false
  return budget !== undefined || level !== undefined || shown === true ? true : undefined
}
