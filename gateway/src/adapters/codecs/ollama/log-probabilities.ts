import { objectsIn, type JsonObject } from '../../../lib/json.ts'

interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: unknown
}

interface PositionLogprob extends TokenLogprob {
  readonly top_logprobs: readonly TokenLogprob[]
}

/** What an answer, or a line of one, says of its tokens; of all of them, those of the thinking included. */
export function readLogprobs({ logprobs }: JsonObject): readonly PositionLogprob[] {
  return tokensIn(logprobs).map(({ top, ...token }) => ({
    ...token,
    top_logprobs: tokensIn(top).map(({ top: _none, ...alternative }) => alternative),
  }))
}

/** In the form of completions; null when there are none. `offset` is where the first token begins in the whole text. */
export function toCompletionLogprobs(logprobs: readonly PositionLogprob[], offset: number): JsonObject | null {
  if (logprobs.length === 0) return null
  let next = offset
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(({ top_logprobs: top }) => Object.fromEntries(top.map(({ token, logprob }) => [token, logprob]))),
    text_offset: logprobs.map(({ token }) => {
      const start = next
      next += token.length
      return start
    }),
  }
}

function tokensIn(logprobs: unknown): readonly (TokenLogprob & { readonly top: unknown })[] {
  return objectsIn(logprobs).flatMap(({ token, logprob, bytes = null, top_logprobs: top }) =>
    typeof token === 'string' && typeof logprob === 'number' ? [{ token, logprob, bytes, top }] : [],
  )
}
