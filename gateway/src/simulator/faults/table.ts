import { connectionFaults } from './connection.ts'
import { cutFaults } from './cut.ts'
import { encodingFaults } from './encoding.ts'
import { endingFaults } from './ending.ts'
import type { FaultKind } from './fault-kind.ts'
import { firstEventFaults } from './first-event.ts'
import { framingFaults } from './framing.ts'
import { garbageFaults } from './garbage.ts'
import { headFaults } from './head.ts'
import { hugeFaults } from './huge.ts'
import { inBandFaults } from './in-band.ts'
import { partialHeadFaults } from './partial-head.ts'
import { prefillFaults } from './prefill.ts'
import { shapeFaults } from './shapes.ts'
import { statusFaults } from './status.ts'
import { usageFaults } from './usage.ts'

/** Every fault by name, one family to a file. */
export const FAULTS = {
  ...connectionFaults,
  ...partialHeadFaults,
  ...firstEventFaults,
  ...cutFaults,
  ...endingFaults,
  ...framingFaults,
  ...garbageFaults,
  ...headFaults,
  ...encodingFaults,
  ...hugeFaults,
  ...statusFaults,
  ...inBandFaults,
  ...usageFaults,
  ...shapeFaults,
  ...prefillFaults,
} as const satisfies Readonly<Record<string, FaultKind>>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter((name) => isFaultName(name))

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

export function faultKind(name: FaultName): FaultKind {
  return FAULTS[name]
}
