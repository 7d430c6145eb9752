import { isObject, type JsonObject } from '../../../lib/json.ts'
import { maximumTokens, stopTexts } from '../canonical/generation-fields.ts'
import { refuseFields } from '../canonical/refused-fields.ts'
import { CodecRefusal, type CanonicalCall, type WireRequest } from '../codec.ts'
import { encodeAccount } from './account-fields.ts'
import { encodeMessages, isToolLoopWithoutThinking } from './messages.ts'
import { abilitiesOf, type ModelAbilities } from './model-abilities.ts'
import { responseFormatOf, type ResponseFormat } from './response-format.ts'
import { encodeSampling } from './sampling.ts'
import { isThinkingOn, planThinking } from './thinking.ts'
import { planTools, type ToolPlan } from './tool-choice.ts'
import { encodeTools } from './tools.ts'
import { UNSUPPORTED } from './unsupported.ts'

/** The version that all models and all compatible servers speak; the later one only took the sampling fields away. */
const HEADERS = { 'anthropic-version': '2023-06-01' } as const

/** Fields of Anthropic's own that a client may write beside OpenAI's. Any other unknown field would be refused, and is dropped. */
const OWN_FIELDS = [
  'cache_control',
  'container',
  'context_management',
  'diagnostics',
  'inference_geo',
  'mcp_servers',
  'speed',
  'user_profile_id',
] as const

/** What an answer keeps for itself when the client gave a thinking budget and no `max_tokens`. */
const TOKENS_FOR_ANSWER = 4096

/**
 * A chat completion as a request for a message. Refused: what `UNSUPPORTED` lists, and single fields whose value has
 * no equal. Dropped, since they steer nothing or are hints that clients don't rely on: `seed`, `prediction`, `verbosity`, `store`,
 * `metadata` (but `user_id`), `prompt_cache_*`, `stream_options`.
 */
export function encodeRequest(call: CanonicalCall): WireRequest {
  const { fields } = call
  refuseFields(fields, UNSUPPORTED)
  const abilities = abilitiesOf(call.model)
  const format = responseFormatOf(fields, abilities)
  const plan = planTools({
    fields,
    tools: encodeTools(fields['tools'], abilities),
    answerTool: format.kind === 'tool' ? format.tool : undefined,
    abilities,
  })
  const { system, messages } = encodeMessages(fields['messages'], abilities.prefill)
  const stops = sayableStops(fields)
  const told = [...system, ...instructions(format, plan)]
  return {
    path: '/v1/messages',
    headers: HEADERS,
    body: {
      model: call.model,
      ...(told.length > 0 ? { system: told } : {}),
      messages,
      ...(plan.tools.length > 0 ? { tools: plan.tools } : {}),
      ...(plan.choice === undefined ? {} : { tool_choice: plan.choice }),
      ...encodeGeneration({ fields, abilities, format, forced: isForced(plan), loopWithoutThinking: isToolLoopWithoutThinking(messages) }),
      ...(stops.length > 0 ? { stop_sequences: stops } : {}),
      ...encodeAccount(fields),
      ...ownFields(fields),
      ...(call.stream ? { stream: true } : {}),
    },
  }
}

interface Generation {
  readonly fields: JsonObject
  readonly abilities: ModelAbilities
  readonly format: ResponseFormat
  readonly forced: boolean
  readonly loopWithoutThinking: boolean
}

function encodeGeneration({ fields, abilities, format, forced, loopWithoutThinking }: Generation): JsonObject {
  const maxTokens = maxTokensOf(fields, abilities)
  const { thinking, effort } = planThinking({ fields, abilities, maxTokens, forced, loopWithoutThinking })
  const outputConfig = {
    ...(isObject(fields['output_config']) ? fields['output_config'] : {}),
    ...(effort === undefined ? {} : { effort }),
    ...(format.kind === 'schema' ? { format: format.format } : {}),
  }
  return {
    max_tokens: maxTokens,
    ...encodeSampling(fields, abilities, isThinkingOn(thinking)),
    ...(thinking === undefined ? {} : { thinking }),
    ...(Object.keys(outputConfig).length > 0 ? { output_config: outputConfig } : {}),
  }
}

function maxTokensOf(fields: JsonObject, abilities: ModelAbilities): number {
  const given = maximumTokens(fields)
  if (given !== undefined) return given
  const budget = isObject(fields['thinking']) ? fields['thinking']['budget_tokens'] : undefined
  return Math.max(abilities.defaultMaxTokens, typeof budget === 'number' ? budget + TOKENS_FOR_ANSWER : 0)
}

/** An empty text asks for nothing. Of blank ones Anthropic takes none, and without it the answer would go on beyond the place where it is to stop. */
function sayableStops(fields: JsonObject): readonly string[] {
  const stops = stopTexts(fields)
  const blank = stops.findIndex((text) => text !== '' && text.trim() === '')
  if (blank >= 0)
    throw new CodecRefusal(
      Array.isArray(fields['stop']) ? `stop[${blank}]` : 'stop',
      'This backend takes no stop text of white space alone',
    )
  return stops.filter((text) => text !== '')
}

function instructions(format: ResponseFormat, plan: ToolPlan): JsonObject[] {
  const texts = [format.kind === 'instruction' ? format.text : undefined, plan.instruction]
  return texts.flatMap((text) => (text === undefined ? [] : [{ type: 'text', text }]))
}

function isForced(plan: ToolPlan): boolean {
  return plan.choice?.['type'] === 'any' || plan.choice?.['type'] === 'tool'
}

function ownFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(OWN_FIELDS.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])))
}
