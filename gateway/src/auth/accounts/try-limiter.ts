import { RecentMap } from '../../lib/recent-map.ts'

interface Tries {
  /** In the window that is open. */
  readonly count: number
  readonly openedAt: number
  /** Nothing passes until then. */
  readonly shutUntil: number
  /** How often it was shut in a row. */
  readonly shut: number
}

export interface TryLimits {
  /** Tries in a window. */
  readonly tries: number
  readonly windowMs: number
  /** The first time it shuts for one window, then for twice as long each time, up to this. */
  readonly longestMs: number
  /** Without a try for so long, all is forgotten. */
  readonly forgetMs: number
}

const SIGN_IN_TRIES: TryLimits = { tries: 10, windowMs: 60_000, longestMs: 15 * 60_000, forgetMs: 60 * 60_000 }

/** Clients and names that are remembered; those that were not seen for longest are forgotten first. */
const MAXIMUM_REMEMBERED = 20_000

/** Failed tries by name or address. A try counts from its beginning: a hundred at once are a hundred. */
export class TryLimiter {
  readonly #limits: TryLimits
  readonly #now: () => number
  readonly #tries = new RecentMap<Tries>(MAXIMUM_REMEMBERED)

  /** `now`: milliseconds of any clock. */
  constructor(now: () => number, limits: TryLimits = SIGN_IN_TRIES) {
    this.#now = now
    this.#limits = limits
  }

  /** Counts a try of all of them; or the seconds to wait, where one of them is shut, and counts nothing. */
  take(keys: readonly string[]): number | undefined {
    const now = this.#now()
    const waits = keys.map((key) => (this.#tries.get(key)?.shutUntil ?? 0) - now)
    const longest = Math.max(...waits)
    if (longest > 0) return Math.ceil(longest / 1_000)
    for (const key of keys) this.#tries.set(key, counted(this.#tries.get(key), now, this.#limits))
    return undefined
  }

  isShut(key: string): boolean {
    return (this.#tries.get(key)?.shutUntil ?? 0) > this.#now()
  }

  /** It did not fail after all. */
  giveBack(key: string): void {
    const tries = this.#tries.get(key)
    if (tries === undefined) return
    if (tries.count > 0) this.#tries.set(key, { ...tries, count: tries.count - 1 })
    // It was the last one that may be, and shut the door behind it.
    else if (tries.shut > 0) this.#tries.set(key, { ...tries, count: this.#limits.tries - 1, shutUntil: 0, shut: tries.shut - 1 })
  }

  clear(key: string): void {
    this.#tries.delete(key)
  }
}

function counted(before: Tries | undefined, now: number, { tries, windowMs, longestMs, forgetMs }: TryLimits): Tries {
  const known = before === undefined || now - Math.max(before.openedAt, before.shutUntil) > forgetMs ? undefined : before
  const isOpen = known !== undefined && now - known.openedAt < windowMs
  const count = (isOpen ? known.count : 0) + 1
  const openedAt = isOpen ? known.openedAt : now
  const shut = known?.shut ?? 0
  if (count < tries) return { count, openedAt, shutUntil: 0, shut }
  return { count: 0, openedAt: now, shutUntil: now + Math.min(longestMs, windowMs * 2 ** shut), shut: shut + 1 }
}
