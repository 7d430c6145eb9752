import { readFileSync } from 'node:fs'

export interface ProcessUsage {
  /** User and system time since its start. */
  readonly cpuMs: number
  readonly residentBytes: number
}

/** Linux reports in ticks of 1/100 s to everyone, whatever the kernel's own tick is. */
export const TICK_MS = 10

/** undefined where there is no /proc, or no such process. */
export function readUsage(pid: number): ProcessUsage | undefined {
  try {
    return parseUsage(readFileSync(`/proc/${pid}/stat`, 'utf8'), readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Throws when the texts are not those of /proc/PID/stat and /proc/PID/status. */
export function parseUsage(stat: string, status: string): ProcessUsage {
  // The second field is the name in brackets and may hold spaces and brackets: count from the last one. utime is field 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const kilobytes = Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1])
  if (Number.isNaN(ticks + kilobytes)) throw new Error('not the texts of /proc')
  return { cpuMs: ticks * TICK_MS, residentBytes: kilobytes * 1024 }
}
