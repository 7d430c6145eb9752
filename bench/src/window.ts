import type { LoadResult } from './load-result.ts'

/** `direct` is the mock itself, without anything between; `silent` a gateway without any telemetry. */
export type TargetName = 'direct' | 'bare' | 'nginx' | 'gateway' | 'silent'

/** One measurement of one target in one scenario. */
export interface Window extends LoadResult {
  readonly round: number
  readonly scenario: string
  readonly target: TargetName
  /** One request failed, so the figures stand for something else: it counts nowhere. */
  readonly void: boolean
  /** 2: the first try was void. */
  readonly attempt: number
  readonly requestsPerSecond: number
  /** CPU time of the target's process, the system's work for it included; undefined where there is no /proc. */
  readonly cpuUsPerRequest: number | undefined
  /** Share of its core that the target used: well below 1 something else was the limit. */
  readonly coreShare: number | undefined
  /** Share of the target's core that went to other programs: what makes a window worth less. */
  readonly otherShare: number | undefined
  readonly residentBytes: number | undefined
}

export interface WindowFrame {
  readonly round: number
  readonly scenario: string
  readonly target: TargetName
  readonly attempt: number
}

export interface UsageDelta {
  /** CPU time within the window. */
  readonly cpuMs: number
  /** Of all programs on the target's core; undefined when it has no core of its own. */
  readonly coreBusyMs: number | undefined
  /** At the window's end. */
  readonly residentBytes: number
}

export function toWindow(frame: WindowFrame, load: LoadResult, usage: UsageDelta | undefined): Window {
  const measured = usage !== undefined && load.requests > 0
  return {
    ...frame,
    ...load,
    void: load.errors > 0 || load.requests === 0,
    requestsPerSecond: load.durationMs > 0 ? (load.requests * 1000) / load.durationMs : 0,
    cpuUsPerRequest: measured ? (usage.cpuMs * 1000) / load.requests : undefined,
    coreShare: usage === undefined || load.durationMs === 0 ? undefined : usage.cpuMs / load.durationMs,
    otherShare: otherShareOf(load, usage),
    residentBytes: usage?.residentBytes,
  }
}

function otherShareOf({ durationMs }: LoadResult, usage: UsageDelta | undefined): number | undefined {
  if (usage?.coreBusyMs === undefined || durationMs === 0) return undefined
  // Both are counted in ticks, at slightly different moments.
  return Math.max(0, usage.coreBusyMs - usage.cpuMs) / durationMs
}
