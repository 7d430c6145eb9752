/** How long a connection rests after an answer: whoever says more than was asked mostly does so at once. */
export const REST_MS = 10
/** So many rest at the most; more would be more connections than the backend may want to hold. */
export const MOST_RESTING = 64

export interface Idle {
  /** Monotonic milliseconds; set when it is added. */
  idleSince: number
}

/**
 * Connections between two requests. What comes over one of them while it rests is seen for what it is, and the connection
 * is closed; what comes once the next request is written looks like its answer. Where that has to be feared those are given
 * out that have rested. The one that was used last always goes first: the others grow old, and are closed.
 */
export class IdleConnections<Connection extends Idle> {
  /** The first to have come stands first. */
  readonly #resting: Connection[] = []
  readonly #rested: Connection[] = []

  get count(): number {
    return this.#resting.length + this.#rested.length
  }

  add(connection: Connection, now: number): void {
    connection.idleSince = now
    this.#resting.push(connection)
  }

  /** The one that was used last, rested or not. */
  takeLast(): Connection | undefined {
    return this.#resting.pop() ?? this.#rested.pop()
  }

  /** One that has rested; undefined: a new one is to be made, and those that there are shall rest. */
  takeRested(now: number): Connection | undefined {
    for (let [first] = this.#resting; first !== undefined && now - first.idleSince >= REST_MS; [first] = this.#resting) {
      this.#resting.shift()
      this.#rested.push(first)
    }
    return this.#rested.pop() ?? (this.#resting.length >= MOST_RESTING ? this.#resting.shift() : undefined)
  }

  /** Whether it was there. */
  remove(connection: Connection): boolean {
    return removeFrom(this.#resting, connection) || removeFrom(this.#rested, connection)
  }

  /** All that there were. */
  clear(): readonly Connection[] {
    return [...this.#resting.splice(0), ...this.#rested.splice(0)]
  }
}

function removeFrom<Item>(list: Item[], item: Item): boolean {
  const index = list.indexOf(item)
  if (index !== -1) list.splice(index, 1)
  return index !== -1
}
