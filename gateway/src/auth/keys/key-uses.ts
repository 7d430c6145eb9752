import { networkOf } from '../../lib/network.ts'

export interface KeyUsed {
  /** Epoch milliseconds. */
  readonly time: number
  /** The client's address. */
  readonly address: string
}

/** When and from where each key was used last; by the key's id. */
export class KeyUses {
  readonly #last = new Map<string, KeyUsed>()
  /** Since they were taken for the store. */
  #changed = new Set<string>()

  noted(keyId: string, use: KeyUsed): void {
    const before = this.#last.get(keyId)
    if (before !== undefined && before.time > use.time) return
    this.#last.set(keyId, use)
    this.#changed.add(keyId)
  }

  /** From the store; what was seen here meanwhile is newer. */
  learned(keyId: string, use: KeyUsed): void {
    const before = this.#last.get(keyId)
    if (before === undefined || before.time < use.time) this.#last.set(keyId, use)
  }

  of(keyId: string): KeyUsed | undefined {
    return this.#last.get(keyId)
  }

  /** Whether it was used last from the network of this address. */
  knows(keyId: string, address: string): boolean {
    const last = this.#last.get(keyId)
    return last !== undefined && networkOf(last.address) === networkOf(address)
  }

  /** What is yet to be written; `returned` gives it back where that failed. */
  taken(): ReadonlyMap<string, KeyUsed> {
    const ids = this.#changed
    this.#changed = new Set()
    return new Map(
      [...ids].flatMap((id) => [[id, this.#last.get(id)] as const]).flatMap(([id, use]) => (use === undefined ? [] : [[id, use]])),
    )
  }

  returned(uses: ReadonlyMap<string, KeyUsed>): void {
    for (const id of uses.keys()) this.#changed.add(id)
  }

  forget(keyId: string): void {
    this.#last.delete(keyId)
    this.#changed.delete(keyId)
  }
}
