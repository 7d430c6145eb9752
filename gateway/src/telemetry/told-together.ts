export interface ToldTogetherOptions<Facts> {
  readonly tell: (facts: Facts) => void
  /** What is alike is told of once in this time. */
  readonly intervalMs: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Names that are kept apart; beyond it the oldest are told at once and forgotten. */
  readonly most?: number
}

const MOST = 10_000

interface Kind<Facts> {
  toldAt: number
  /** Since then, and not told of yet. */
  pending: Facts | undefined
}

/** Tells of things at a bounded rate: the first of its name at once, what follows within the interval together, with the next. */
export class ToldTogether<Facts> {
  readonly #options: ToldTogetherOptions<Facts>
  readonly #kinds = new Map<string, Kind<Facts>>()

  constructor(options: ToldTogetherOptions<Facts>) {
    this.#options = options
  }

  /** `join`: the facts, with what was held back before. */
  add(name: string, join: (before: Facts | undefined) => Facts): void {
    const { now, intervalMs } = this.#options
    const kind = this.#kinds.get(name) ?? { toldAt: -Infinity, pending: undefined }
    this.#kinds.delete(name)
    this.#kinds.set(name, kind)
    kind.pending = join(kind.pending)
    if (now() - kind.toldAt >= intervalMs) this.#tell(kind)
    this.#bound()
  }

  /** Tells what was held back. */
  flush(): void {
    for (const kind of this.#kinds.values()) this.#tell(kind)
  }

  #tell(kind: Kind<Facts>): void {
    if (kind.pending === undefined) return
    const facts = kind.pending
    kind.pending = undefined
    kind.toldAt = this.#options.now()
    this.#options.tell(facts)
  }

  #bound(): void {
    if (this.#kinds.size <= (this.#options.most ?? MOST)) return
    const oldest = this.#kinds.entries().next().value
    if (oldest === undefined) return
    this.#tell(oldest[1])
    this.#kinds.delete(oldest[0])
  }
}
