let second = Number.NaN
let prefix = ''

/** Epoch milliseconds as ISO 8601 in UTC. The part down to the second is kept: log lines come many to a second. */
export function isoTime(epochMs: number): string {
  const whole = Math.floor(epochMs / 1_000)
  if (whole !== second) {
    second = whole
    prefix = new Date(whole * 1_000).toISOString().slice(0, 20)
  }
  const milliseconds = Math.floor(epochMs - whole * 1_000)
  return `${prefix}${milliseconds < 10 ? '00' : milliseconds < 100 ? '0' : ''}${milliseconds}Z`
}
