import { objectsIn, stringOf, textOf, type JsonObject } from '../../lib/json.ts'
import { inputItemId } from './ids.ts'
import { readItems, typeOfItem } from './request-items.ts'

/** What is kept of a response, plain data: items in the API's own form, each with an id. */
export interface StoredResponse {
  readonly input: readonly JsonObject[]
  readonly output: readonly JsonObject[]
}

/**
 * `fields`: the request as the model got it, after `withPrevious`, so that a response holds its whole conversation and
 * its predecessors may be deleted. `answer`: the response object. `instructions` are not kept: the API does not carry
 * them over. Throws a GatewayError for an input that `toCanonical` refuses too.
 */
export function storedResponse(fields: JsonObject, answer: JsonObject): StoredResponse {
  const { id, output } = answer
  return {
    input: readItems(fields['input']).map(({ value }, index) => withId(asListed(value), inputItemId(stringOf(id), index))),
    output: objectsIn(output),
  }
}

/**
 * The same request with the earlier conversation before its own input, and without `previous_response_id`. The answer's
 * context takes the client's own fields, which still name it.
 */
export function withPrevious(fields: JsonObject, stored: StoredResponse): JsonObject {
  const { previous_response_id: _joined, ...rest } = fields
  const input = readItems(fields['input']).map(({ value }) => value)
  return { ...rest, input: [...stored.input, ...stored.output, ...input] }
}

/** Messages in their long form, as `GET /v1/responses/{id}/input_items` lists them. */
function asListed(item: JsonObject): JsonObject {
  if (typeOfItem(item) !== 'message') return item
  const { content } = item
  if (typeof content !== 'string') return { type: 'message', ...item }
  const text =
    item['role'] === 'assistant' ? { type: 'output_text', text: content, annotations: [] } : { type: 'input_text', text: content }
  return { ...item, type: 'message', content: [text] }
}

function withId(item: JsonObject, id: string): JsonObject {
  return textOf(item['id']) === undefined ? { ...item, id } : item
}
