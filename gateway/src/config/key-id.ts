import type { KeyRecord } from './snapshot.ts'

/** By what limits, budgets, blocks and kept answers know a key. */
export function keyIdOf(key: KeyRecord): string {
  return key.id ?? key.name
}
