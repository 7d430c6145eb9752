import { vi } from 'vitest'

/**
 * Asks again and again until `check` does not throw, and gives what it returned. For what sends no event: probes,
 * files that are watched, answers of another process. The limit is far beyond what it should take on a busy machine.
 */
export function eventually<Value>(check: () => Value | Promise<Value>, timeoutMs = 10_000): Promise<Value> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: 10 })
}
