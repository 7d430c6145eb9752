import type { Cursor } from './cursor.ts'

/** Nothing of the kind begins here. */
export const NONE = -1

/** Finds one kind of thing. */
export interface Matcher {
  /** The end of the longest one that begins at a place, or NONE. Reads a bounded way ahead, and nothing farther back than LOOK_BEHIND. */
  match(cursor: Cursor, at: number): number
  /** Whether one could begin with this ASCII character. */
  begins(unit: number): boolean
  /** Lets go of the text, if it holds on to it. */
  release?(): void
}
