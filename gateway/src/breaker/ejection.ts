/** The instances of a route; those `ejected` are held out by their breakers, open or half-open. */
export interface Pool {
  readonly size: number
  readonly ejected: number
}

/**
 * Whether one more may be taken out on soft evidence (it answers, but too often with failures): at most half of the
 * pool, rounded down, so never the last one. Otherwise an error that all share, such as a request that each of them
 * fails on, would empty the pool, and the rest could not carry the load.
 */
export function mayEject({ size, ejected }: Pool): boolean {
  return ejected + 1 <= Math.floor(size / 2)
}
