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
