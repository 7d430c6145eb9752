/** The last `maximum` of what was added; to add costs one store, to look for one a pass over all. */
export class RecentList<Value> {
  readonly #maximum: number
  readonly #values: Value[] = []
  #next = 0

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  add(value: Value): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % this.#maximum
  }

  includes(value: Value): boolean {
    return this.#values.includes(value)
  }
}
