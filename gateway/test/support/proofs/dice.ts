import { mix32 } from '../../../src/lib/hash.ts'

/** From 0 up to `sides`, that left out. */
export type Dice = (sides: number) => number

/** Thrown for one trial of a proof: the same for the same seed and number, in whatever order the trials run. */
export function diceOf(seed: number, trial: number): Dice {
  const start = mix32(seed, trial)
  let thrown = 0
  return (sides) => {
    thrown += 1
    return Math.floor((mix32(start, thrown) / 2 ** 32) * sides)
  }
}
