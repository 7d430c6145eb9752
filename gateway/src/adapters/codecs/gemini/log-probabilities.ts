import { isObject, listOf, objectsIn, stringOf, type JsonObject } from '../../../lib/json.ts'
import { chatLogprobs } from '../canonical/log-probabilities.ts'

/** `logprobsResult` -> `logprobs` of a choice; null where there is none. */
export function toLogprobs({ logprobsResult: result }: JsonObject): JsonObject | null {
  if (!isObject(result)) return null
  const tops = listOf(result['topCandidates'])
  const content = objectsIn(result['chosenCandidates']).map((chosen, index) => {
    const top = tops[index]
    const others = isObject(top) ? objectsIn(top['candidates']) : []
    return { ...toToken(chosen), top_logprobs: others.map(toToken) }
  })
  return chatLogprobs(content)
}

function toToken({ token, logProbability }: JsonObject): JsonObject {
  const text = stringOf(token)
  const logprob = typeof logProbability === 'number' ? logProbability : 0
  return { token: text, logprob, bytes: [...Buffer.from(text)] }
}
