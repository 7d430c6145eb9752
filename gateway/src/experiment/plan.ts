/** The compiled experiment of one model: plain data. */
export interface ExperimentPlan {
  /** The same as long as its groups are; what was measured goes by it. */
  readonly id: string
  readonly groups: readonly ExperimentGroup[]
  /** What stays in one group; undefined: nothing does. `header:NAME` in lower case. */
  readonly sticky: string | undefined
  readonly rules: readonly ExperimentRule[]
  readonly shadow: { readonly group: number; readonly share: number; readonly maxConcurrency: number } | undefined
  readonly steps: ExperimentSteps | undefined
}

/** A group of an experiment, as requests are marked with it. */
export interface ExperimentPlace {
  readonly id: string
  readonly group: string
}

export interface ExperimentGroup {
  readonly name: string
  /** Of the traffic that no rule assigns, 0 to 1; all together are 1. */
  readonly share: number
  /** Its part in the draw. */
  readonly seed: number
}

export interface ExperimentRule {
  readonly group: number
  /** Name in lower case; `is` undefined: any value. */
  readonly header: { readonly name: string; readonly is: string | undefined } | undefined
  readonly tags: readonly string[] | undefined
  readonly keys: readonly string[] | undefined
  readonly share: number | undefined
  /** Its part in the draw. */
  readonly seed: number
}

export interface ExperimentSteps {
  readonly group: number
  readonly at: number
  readonly shares: readonly number[]
  readonly everyMs: number
  readonly minimum: number
  readonly maxErrorRate: number
  readonly maxLatencyRatio: number | undefined
}
