/** Resolves at the first SIGINT or SIGTERM; calls `again` at each one after that. */
export function untilStopped(again: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (stopping) return again()
      stopping = true
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** A second signal means: now. Whatever hangs, the process is gone after this. */
const LAST_RESORT_MS = 5_000

/** Ends the process in any case, soon; does not keep it alive. */
export function exitSoon(): void {
  setTimeout(() => process.exit(0), LAST_RESORT_MS).unref()
}
