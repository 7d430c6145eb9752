/** What is wrong with a config that the schema accepts. `path` leads from the config's root; a value that may be a secret is never in the message. */
export interface CompileProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The compile steps report here and go on, so that one run shows everything. */
export type Report = (path: readonly (string | number)[], message: string) => void
