/** One instance that may be chosen, with what a balancer may know of it. */
export interface Candidate {
  /** Effective share, > 0: the configured weight, lowered while the instance starts slowly. */
  readonly weight: number
  /** Open leases of the instance. */
  readonly inFlight: number
  /** A hash of the instance's id that is the same in every process. */
  readonly seed: number
  /** The balancer's memory for this instance on this route: MEMORY_SIZE numbers, zero when new. */
  readonly memory: Float64Array
  /** How long the instance takes to its first token, over all routes: LATENCY_SIZE numbers, zero when new; see latency.ts. */
  readonly latency: Float64Array
}

/** Numbers that a balancer may keep for each candidate. */
export const MEMORY_SIZE = 1

export interface ChoiceInput {
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Hash of what the request should stick to: the client's address, a session, a user. */
  readonly hash: number
  /** Monotonic milliseconds. */
  readonly now: number
}

/** What a balancer goes by, for each candidate in turn. Changes nothing. */
export type ScoreAll = (candidates: readonly Candidate[], input: ChoiceInput) => readonly Score[]

export interface Score {
  readonly value: number
  /** What it is made of. */
  readonly parts: Readonly<Record<string, number>>
}

/** Picks one candidate and returns its index. Pure but for `memory`, `latency` and `random`. `candidates` is never empty. */
export type Choose = (candidates: readonly Candidate[], input: ChoiceInput) => number
