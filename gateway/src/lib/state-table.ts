/**
 * The named vectors in which everything that changes at run time is remembered: small, fixed-length arrays of numbers,
 * zero when new. Whoever decides is handed a vector and owns neither storage nor clock.
 */
export interface StateTable {
  /** The vector of that name, made when it is first asked for. */
  vector(name: string, size: number): Float64Array
  /** The vector of that name if there is one. */
  peek(name: string): Float64Array | undefined
  /** Forgets every vector whose name is not to be kept. */
  sweep(keep: (name: string) => boolean): void
}

/** A table whose vectors are copies, made when they are first asked for: whatever is done to them, `table` stays as it is. */
export function copyOnUse(table: Pick<StateTable, 'peek'>): StateTable {
  const copies = createStateTable()
  const copied = (name: string): Float64Array | undefined => {
    const known = copies.peek(name)
    const original = known === undefined ? table.peek(name) : undefined
    if (original === undefined) return known
    const copy = copies.vector(name, original.length)
    copy.set(original)
    return copy
  }
  return {
    vector: (name, size) => copied(name) ?? copies.vector(name, size),
    peek: copied,
    sweep: (keep) => copies.sweep(keep),
  }
}

export function createStateTable(): StateTable {
  const vectors = new Map<string, Float64Array>()
  return {
    vector(name, size) {
      let vector = vectors.get(name)
      if (vector === undefined) {
        vector = new Float64Array(size)
        vectors.set(name, vector)
      }
      return vector
    },
    peek: (name) => vectors.get(name),
    sweep(keep) {
      for (const name of vectors.keys()) if (!keep(name)) vectors.delete(name)
    },
  }
}
