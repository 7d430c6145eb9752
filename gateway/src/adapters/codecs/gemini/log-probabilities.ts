import { isObject, type JsonObject } from '../../../endpoints/call.ts'

/** `logprobsResult` → `logprobs` of a choice; null where there is none. */
export function toLogprobs({ logprobsResult: result }: JsonObject): JsonObject | null {
  if (!isObject(result) || !Array.isArray(result['chosenCandidates'])) return null
  const tops: readonly unknown[] = Array.isArray(result['topCandidates']) ? result['topCandidates'] : []
  const content = result['chosenCandidates'].filter(isObject).map((chosen, index) => {
    const top = tops[index]
    const others = isObject(top) && Array.isArray(top['candidates']) ? top['candidates'].filter(isObject) : []
    return { ...toToken(chosen), top_logprobs: others.map(toToken) }
  })
  return { content, refusal: null }
}

function toToken({ token, logProbability }: JsonObject): JsonObject {
  const text = typeof token === 'string' ? token : ''
  const logprob = typeof logProbability === 'number' ? logProbability : 0
  return { token: text, logprob, bytes: [...Buffer.from(text)] }
}
