/** What a load generator saw in one window, whichever it was. */
export interface LoadResult {
  readonly requests: number
  /** Answers that were no success, time-outs and broken sockets. */
  readonly errors: number
  /** What was wrong with the first of them, where the client can tell. */
  readonly firstError?: string
  readonly durationMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Only from the probe, and only of streams. */
  readonly firstTokenP50Ms?: number
  readonly firstTokenP99Ms?: number
}
