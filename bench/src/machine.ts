import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import type { Machine } from './bench-result.ts'

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
  }
}

/** The commit that is measured; `unknown` outside of a git tree. */
export function describeCommit(): { readonly commit: string; readonly changed: boolean } {
  try {
    return { commit: git(['rev-parse', '--short', 'HEAD']), changed: git(['status', '--porcelain', '--', 'gateway', 'contract']) !== '' }
  } catch {
    return { commit: 'unknown', changed: false }
  }
}

function git(args: readonly string[]): string {
  return execFileSync('git', [...args], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 10_000,
  }).trim()
}
