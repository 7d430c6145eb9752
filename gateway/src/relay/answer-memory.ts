import type { CachePolicy, Route, Snapshot } from '../config/snapshot.ts'
import { AnswerCache } from '../fallback/answer-cache.ts'

/** Of the last good answers, which are kept only for routes whose fallback chain may want them. */
const LAST_GOOD = { maxEntries: 10_000, maxBytes: 64 * 1024 ** 2, maxAgeMs: 24 * 3_600_000 }

/** The answers that are kept: one response cache for each route that has one, and the last good answers of all. */
export class AnswerMemory {
  readonly lastGood = new AnswerCache(LAST_GOOD)
  readonly #caches = new Map<string, AnswerCache>()

  /** Undefined where the route's policy has none. */
  cacheOf(route: Route): AnswerCache | undefined {
    const { cache } = route.policy
    if (cache === undefined) return undefined
    const name = nameOf(route)
    let known = this.#caches.get(name)
    if (known === undefined) {
      known = new AnswerCache(boundsOf(cache))
      this.#caches.set(name, known)
    }
    return known
  }

  /** Another config is in force: its bounds hold, and caches that it does not have are forgotten. */
  retain({ routes }: Snapshot): void {
    const kept = new Map<string, CachePolicy>()
    for (const byName of routes.values())
      for (const route of byName.values()) if (route.policy.cache !== undefined) kept.set(nameOf(route), route.policy.cache)
    for (const [name, cache] of this.#caches) {
      const policy = kept.get(name)
      if (policy === undefined) this.#caches.delete(name)
      else cache.setBounds(boundsOf(policy))
    }
  }
}

function nameOf({ service, model }: Route): string {
  return `${service} ${model}`
}

function boundsOf({ ttlMs, maxEntries, maxBytes }: CachePolicy) {
  return { maxAgeMs: ttlMs, maxEntries, maxBytes }
}
