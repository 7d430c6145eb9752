/** A number of a vector, 0 past its end: the compiler wants to know, and it is answered here only. */
export function numberAt(vector: Float64Array | Uint8Array, index: number): number {
  return vector[index] ?? 0
}
