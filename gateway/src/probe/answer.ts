import type { UpstreamHeaders } from '../upstream/port.ts'

/** One request to a backend that costs it nothing. */
export interface Question {
  readonly method: 'GET' | 'POST'
  /** Below the backend's URL, with its query. */
  readonly path: string
  /** With the backend's key, if it has one. */
  readonly credential: boolean
}

export interface Answered {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: UpstreamHeaders
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  readonly json: unknown
  readonly ms: number
}

/** `reason` is a fixed text; `connected`: the server took the connection. */
export interface Unanswered {
  readonly kind: 'failed'
  readonly reason: string
  readonly connected: boolean
}

export interface Answer {
  readonly question: Question
  readonly outcome: Answered | Unanswered
}

export function isSame(a: Question, b: Question): boolean {
  return a.method === b.method && a.path === b.path && a.credential === b.credential
}

export function outcomeOf(answers: readonly Answer[], question: Question): Answer['outcome'] | undefined {
  return answers.find((answer) => isSame(answer.question, question))?.outcome
}

/** Undefined where it was not asked, too. */
export function answeredTo(answers: readonly Answer[], question: Question): Answered | undefined {
  const outcome = outcomeOf(answers, question)
  return outcome?.kind === 'answered' ? outcome : undefined
}
