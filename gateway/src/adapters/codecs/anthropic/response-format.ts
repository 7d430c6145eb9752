import { isObject, objectsIn, type JsonObject } from '../../../lib/json.ts'
import { readResponseFormat, SCHEMA_PARAM } from '../canonical/response-format.ts'
import type { ModelAbilities } from './model-abilities.ts'
import { strictSchema } from './strict-schema.ts'

/**
 * How a wanted form of the answer is asked for: `instruction`: in words, for there is no JSON mode · `schema`:
 * `output_config.format` · `tool`: a tool whose input is the answer, for models without structured output.
 */
export type ResponseFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'instruction'; readonly text: string }
  | { readonly kind: 'schema'; readonly format: JsonObject }
  | { readonly kind: 'tool'; readonly tool: JsonObject }

const JSON_INSTRUCTION = 'Answer with one valid JSON object and nothing else: no introduction, no code fence.'
const ANSWER_TOOL = 'answer_as_json'

export function responseFormatOf(fields: JsonObject, abilities: ModelAbilities): ResponseFormat {
  const format = readResponseFormat(fields['response_format'])
  if (format.kind === 'text') return format
  if (format.kind === 'json') return { kind: 'instruction', text: JSON_INSTRUCTION }
  const { schema, described } = format
  if (abilities.structuredOutput) return { kind: 'schema', format: { type: 'json_schema', schema: strictSchema(schema, SCHEMA_PARAM) } }
  const { description } = described
  return {
    kind: 'tool',
    tool: {
      name: answerToolName(fields),
      description: typeof description === 'string' ? description : 'Takes the final answer. Call it in place of answering in text.',
      input_schema: { type: 'object', ...schema },
    },
  }
}

/** Told from the client's fields alone, so that the answer can be recognised: none of the client's own tools has this name. */
function answerToolName(fields: JsonObject): string {
  const tools = objectsIn(fields['tools'])
  const taken = new Set(tools.map((tool) => (isObject(tool['function']) ? tool['function']['name'] : tool['name'])))
  let name = ANSWER_TOOL
  while (taken.has(name)) name += '_'
  return name
}

/** The name under which the answer comes as a tool call; undefined when the client asked for no schema. */
export function expectedAnswerTool(fields: JsonObject): string | undefined {
  const format = fields['response_format']
  return isObject(format) && format['type'] === 'json_schema' ? answerToolName(fields) : undefined
}
