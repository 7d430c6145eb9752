/** Below this an instance would see too little traffic to warm its caches, or to show that it fails. */
const LEAST_FACTOR = 0.1

/**
 * What to multiply the weight of a recovered instance by: rises in a straight line to 1 over `slowStartMs`, from 0.1.
 * 1 where `recoveredAtMs` is 0 (never went down) or `slowStartMs` is 0 (off). A clock that is set back gives 0.1 again.
 */
export function slowStartFactor(recoveredAtMs: number, nowMs: number, slowStartMs: number): number {
  if (recoveredAtMs === 0 || slowStartMs <= 0) return 1
  return Math.max(LEAST_FACTOR, Math.min(1, (nowMs - recoveredAtMs) / slowStartMs))
}
