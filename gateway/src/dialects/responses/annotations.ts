import { isObject, type JsonObject } from '../../endpoints/call.ts'

/** A message's or delta's annotations: an address that is cited is nested in a chat completion, and flat here. */
export function annotationsOf(message: JsonObject): JsonObject[] {
  return listOf(message['annotations']).map((annotation) => {
    const { type, url_citation: citation } = annotation
    return type === 'url_citation' && isObject(citation) ? { type, ...citation } : annotation
  })
}

/** Of a choice's tokens; `bytes` may not be null here. Empty where none were asked for. */
export function logprobsOf(choice: JsonObject): JsonObject[] {
  const { logprobs } = choice
  return isObject(logprobs) ? listOf(logprobs['content']).map(toLogprob) : []
}

function toLogprob(entry: JsonObject): JsonObject {
  return { ...tokenOf(entry), top_logprobs: listOf(entry['top_logprobs']).map(tokenOf) }
}

function tokenOf({ token, logprob, bytes }: JsonObject): JsonObject {
  return { token, logprob, bytes: Array.isArray(bytes) ? bytes : [] }
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
