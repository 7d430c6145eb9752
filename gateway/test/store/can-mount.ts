import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Whether this user may mount: a disk that is really full needs it. Where not, faults that are put in between take its place. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'jairouter-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts a disk of this size at a folder until the test ends; gives the way to mount it anew. */
export function mountDisk(folder: string, size: string): { remount(options: string): void } {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return { remount: (options) => void execFileSync('mount', ['-o', `remount,${options}`, folder]) }
}
