import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, told apart from a later one that has the same number. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When it started, in ticks since the machine did; '' where the system does not tell. */
  readonly started: string
}

/** Field 22 of /proc/PID/stat, counted from behind the name, which may hold anything. */
const STARTED_AFTER_NAME = 19

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid) }
}

/** Of a process of this host. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const now = startOf(pid)
  return now === '' || started === '' || now === started
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTED_AFTER_NAME] ?? ''
  } catch {
    return ''
  }
}
