import { readFileSync } from 'node:fs'
import { TICK_MS } from './process-usage.ts'

/** Time that programs have run on a core since the machine's start, or that its host has taken away; undefined without /proc. */
export function readCoreBusyMs(core: number): number | undefined {
  try {
    return parseCoreBusyMs(readFileSync('/proc/stat', 'utf8'), core)
  } catch {
    return undefined
  }
}

/** Interrupts are left out: those that loopback causes belong to nobody, and are not charged to the process either. */
export function parseCoreBusyMs(stat: string, core: number): number | undefined {
  const line = stat.split('\n').find((candidate) => candidate.startsWith(`cpu${core} `))
  if (line === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.trim().split(/\s+/).slice(1).map(Number)
  return (user + nice + system + steal) * TICK_MS
}
