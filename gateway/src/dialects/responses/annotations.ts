import { isObject, objectsIn, type JsonObject } from '../../lib/json.ts'

/** A message's or delta's annotations: an address that is cited is nested in a chat completion, and flat here. */
export function annotationsOf(message: JsonObject): JsonObject[] {
  return objectsIn(message['annotations']).map((annotation) => {
    const { type, url_citation: citation } = annotation
    return type === 'url_citation' && isObject(citation) ? { type, ...citation } : annotation
  })
}

/** Of a choice's tokens; `bytes` may not be null here. Empty where none were asked for. */
export function logprobsOf(choice: JsonObject): JsonObject[] {
  const { logprobs } = choice
  return isObject(logprobs) ? objectsIn(logprobs['content']).map(toLogprob) : []
}

function toLogprob(entry: JsonObject): JsonObject {
  return { ...tokenOf(entry), top_logprobs: objectsIn(entry['top_logprobs']).map(tokenOf) }
}

function tokenOf({ token, logprob, bytes }: JsonObject): JsonObject {
  return { token, logprob, bytes: Array.isArray(bytes) ? bytes : [] }
}
