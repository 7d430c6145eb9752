import { objectsIn, stringOf, type JsonObject } from '../../lib/json.ts'
import { responseIdOfItem } from './ids.ts'
import type { StoredResponse } from './stored.ts'

/**
 * The responses whose items the input refers to by `item_reference`, each once, in order. The AI SDK sends a
 * conversation so, without a `previous_response_id`, unless it is told `store: false`. Only ids that we made tell.
 */
export function referencedResponses(fields: JsonObject): readonly string[] {
  const ids = itemsOf(fields).flatMap((item) => (isReference(item) ? (responseIdOfItem(stringOf(item['id'])) ?? []) : []))
  return [...new Set(ids)]
}

/** The same request with the items in place of what refers to them; a reference to none of them stays, to be refused. */
export function withReferences(fields: JsonObject, responses: readonly StoredResponse[]): JsonObject {
  if (!itemsOf(fields).some(isReference)) return fields
  const items = responses.flatMap(({ input, output }) => [...input, ...output])
  const known = new Map(items.map((item) => [item['id'], item]))
  return { ...fields, input: itemsOf(fields).map((item) => (isReference(item) ? (known.get(item['id']) ?? item) : item)) }
}

function itemsOf({ input }: JsonObject): readonly JsonObject[] {
  return objectsIn(input)
}

/** The type may be left out. */
function isReference(item: JsonObject): boolean {
  return (item['type'] ?? 'item_reference') === 'item_reference' && item['role'] === undefined
}
