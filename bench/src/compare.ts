import { spreadOf, type Spread } from './statistics.ts'
import type { TargetName, Window } from './window.ts'

export type Metric = 'requestsPerSecond' | 'cpuUsPerRequest' | 'p50Ms' | 'p99Ms' | 'firstTokenP50Ms' | 'firstTokenP99Ms'

export interface Comparison {
  readonly scenario: string
  readonly subject: TargetName
  readonly base: TargetName
  readonly metric: Metric
}

/** Subject over base, round by round; undefined when no round has valid windows of both. */
export function ratioOf(windows: readonly Window[], comparison: Comparison): Spread | undefined {
  return spreadOf(pairsOf(windows, comparison).flatMap(([subject, base]) => (base === 0 ? [] : [subject / base])))
}

/** Subject minus base, round by round; undefined when no round has valid windows of both. */
export function differenceOf(windows: readonly Window[], comparison: Comparison): Spread | undefined {
  return spreadOf(pairsOf(windows, comparison).map(([subject, base]) => subject - base))
}

export function valuesOf(windows: readonly Window[], { scenario, target }: Pick<Window, 'scenario' | 'target'>): readonly Window[] {
  return windows.filter((window) => window.scenario === scenario && window.target === target && !window.void)
}

/** A window in which strangers had more than this of the target's core says little about the target. */
const CALM_SHARE = 0.1

/**
 * Only windows of one round are set against each other: what slows the machine for a while slows both. Pairs with a
 * window that strangers disturbed are left out, unless there are no others.
 */
function pairsOf(windows: readonly Window[], comparison: Comparison): [number, number][] {
  const calm = windows.filter(({ otherShare = 0 }) => otherShare <= CALM_SHARE)
  const calmPairs = pairsOfAll(calm, comparison)
  return calmPairs.length > 0 ? calmPairs : pairsOfAll(windows, comparison)
}

function pairsOfAll(windows: readonly Window[], { scenario, subject, base, metric }: Comparison): [number, number][] {
  const bases = valuesOf(windows, { scenario, target: base })
  return valuesOf(windows, { scenario, target: subject }).flatMap((window): [number, number][] => {
    const left = window[metric]
    const right = bases.find(({ round }) => round === window.round)?.[metric]
    return left === undefined || right === undefined ? [] : [[left, right]]
  })
}
