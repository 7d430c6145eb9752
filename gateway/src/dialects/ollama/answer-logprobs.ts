import { isAbsent, isObject, listOf, objectsIn, type JsonObject } from '../../lib/json.ts'

/** A choice's `logprobs`, in the form of chats or of completions, -> Ollama's; nothing where the client did not ask, or none came. */
export function logprobsField({ logprobs }: JsonObject, fields: JsonObject): JsonObject {
  if (fields['logprobs'] !== true || !isObject(logprobs)) return {}
  const list = Array.isArray(logprobs['tokens']) ? ofCompletion(logprobs) : ofChat(logprobs['content'])
  return list.length === 0 ? {} : { logprobs: list }
}

function ofChat(content: unknown): JsonObject[] {
  return objectsIn(content).map((entry) => withAlternatives(tokenOf(entry), objectsIn(entry['top_logprobs']).map(tokenOf)))
}

/** Lists beside each other; the alternatives of a token are an object of their names. */
function ofCompletion({ tokens, token_logprobs: logprobs, top_logprobs: tops }: JsonObject): JsonObject[] {
  return listOf(tokens).map((token, at) => {
    const top = listOf(tops)[at]
    const alternatives = Object.entries(isObject(top) ? top : {}).map(([name, logprob]) => ({ token: name, logprob }))
    return withAlternatives({ token, logprob: listOf(logprobs)[at] ?? 0 }, alternatives)
  })
}

function tokenOf({ token, logprob, bytes }: JsonObject): JsonObject {
  return { token, logprob, ...(isAbsent(bytes) ? {} : { bytes }) }
}

function withAlternatives(token: JsonObject, alternatives: readonly JsonObject[]): JsonObject {
  return alternatives.length === 0 ? token : { ...token, top_logprobs: alternatives }
}
