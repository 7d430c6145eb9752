/** How often each outcome came, and for the ones that must not come at all which trials they were. */
export interface Tally {
  readonly counts: Readonly<Record<string, number>>
  trialsOf(outcome: string): readonly number[]
}

/** Runs `count` trials, at most `width` at a time; each says in a word how it ended. */
export async function tally(count: number, width: number, trial: (number: number) => Promise<string>): Promise<Tally> {
  const trials = new Map<string, number[]>()
  let next = 0
  const worker = async () => {
    for (let number = next; number < count; number = next) {
      next += 1
      const outcome = await trial(number)
      const known = trials.get(outcome)
      if (known === undefined) trials.set(outcome, [number])
      else known.push(number)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return {
    counts: Object.fromEntries([...trials].map(([outcome, numbers]) => [outcome, numbers.length])),
    trialsOf: (outcome) => trials.get(outcome) ?? [],
  }
}

/** Of all trials. */
export function shareOf({ counts }: Tally, outcome: string): number {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return all === 0 ? 0 : (counts[outcome] ?? 0) / all
}
