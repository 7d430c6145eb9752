/**
 * What the backends are to do with a request, and what they will say that it took. It travels in the prompt, so that who sends it
 * and who is asked agree without anything in between having to be believed.
 */
export interface Plan {
  /** Of the request: the same for all calls that it leads to. */
  readonly number: number
  readonly promptTokens: number
  readonly completionTokens: number
  /** What each call to a backend is answered with, in turn; the last one for all that follow. */
  readonly calls: readonly Act[]
  /** A word of the answer. */
  readonly word: string
}

/**
 * `ok` · a status · `reset`: the connection, before the answer · `html`: an answer that is none · `cut`: half of the answer, then the
 * connection · `inband`: an error in the stream · `silent`: nothing until the other side leaves · `stall`: one piece, then nothing ·
 * `late`: once the request's next call has come · `held`: a moment later
 */
export type Act =
  | 'ok'
  | '400'
  | '429'
  | '500'
  | '503'
  | '504'
  | '529'
  | 'reset'
  | 'html'
  | 'cut'
  | 'inband'
  | 'silent'
  | 'stall'
  | 'late'
  | 'held'

export const ACTS_WITHOUT_END: ReadonlySet<Act> = new Set(['silent', 'stall'])

export function planOf(number: number, calls: readonly Act[], word = 'word'): Plan {
  return { number, promptTokens: 10 + (number % 17), completionTokens: 4 + (number % 5), calls, word }
}

export function textOfPlan({ number, promptTokens, completionTokens, calls, word }: Plan): string {
  return `plan ${number} ${promptTokens} ${completionTokens} ${calls.join('+')} ${word}.`
}

/** Wherever in a body it stands. */
export function planIn(body: string): Plan | undefined {
  const [, number, promptTokens, completionTokens, calls = '', word = ''] = /plan (\d+) (\d+) (\d+) ([a-z0-9+]+) (\w+)\./.exec(body) ?? []
  if (number === undefined) return undefined
  return {
    number: Number(number),
    promptTokens: Number(promptTokens),
    completionTokens: Number(completionTokens),
    calls: calls.split('+') as Act[],
    word,
  }
}

/** Of the prompt's tokens and of the answer's, as the backends say. */
export function cachedOf({ promptTokens, number }: Plan): number {
  return number % 4 === 0 ? Math.floor(promptTokens / 2) : 0
}

export function reasoningOf({ completionTokens, number }: Plan): number {
  return number % 3 === 0 ? Math.floor(completionTokens / 2) : 0
}
