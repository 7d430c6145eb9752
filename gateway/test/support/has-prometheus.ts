import { spawnSync } from 'node:child_process'

/**
 * The Debian package `prometheus` is no part of `npm ci`: without it what needs it is skipped. CI installs it, and says
 * with NEEDS_PROMETHEUS that nothing may be.
 */
export const HAS_PROMETHEUS: boolean =
  process.env['NEEDS_PROMETHEUS'] !== undefined ||
  ['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).error === undefined)
