import { isObject, type JsonObject } from '../lib/json.ts'
import { ChoiceGuard } from './choice-guard.ts'
import type { Findings } from './findings.ts'
import type { RuleSet } from './rule-set.ts'

/** Applies rules to the chunks of a streamed chat or completion. What comes out may come later than it went in, and in more pieces. */
export class ChunkGuard {
  readonly #rules: RuleSet
  readonly #findings: Findings
  readonly #choices = new Map<unknown, ChoiceGuard>()
  /** The latest chunk, in whose name what was held back is told. */
  #latest: JsonObject | undefined

  constructor(rules: RuleSet, findings: Findings) {
    this.#rules = rules
    this.#findings = findings
  }

  /** What is to be sent for a chunk: the chunk itself where nothing changes. */
  take(chunk: JsonObject): readonly JsonObject[] {
    const { choices } = chunk
    if (!Array.isArray(choices) || choices.length === 0) return [chunk]
    const { usage: _usage, choices: _choices, ...head } = chunk
    this.#latest = head
    const before: JsonObject[] = []
    const kept: unknown[] = []
    for (const choice of choices as readonly unknown[]) {
      if (!isObject(choice)) continue
      const taken = this.#choiceOf(choice['index']).take(choice)
      if (taken.before !== undefined) before.push(taken.before)
      if (taken.choice !== undefined) kept.push(taken.choice)
    }
    const same = kept.length === choices.length && kept.every((choice, index) => choice === choices[index])
    const told = before.length === 0 ? [] : [{ ...head, choices: before }]
    if (same) return [...told, chunk]
    // Some servers tell with every chunk what it has cost so far.
    return kept.length === 0 && !isObject(chunk['usage']) ? told : [...told, { ...chunk, choices: kept }]
  }

  /** What is still held back at the end of the stream. */
  end(): readonly JsonObject[] {
    const rest = [...this.#choices].flatMap(([index, choice]) => {
      const delta = choice.end()
      return delta === undefined ? [] : [{ ...(index === undefined ? {} : { index }), ...delta, finish_reason: null }]
    })
    return rest.length === 0 ? [] : [{ ...this.#latest, choices: rest }]
  }

  #choiceOf(index: unknown): ChoiceGuard {
    const known = this.#choices.get(index)
    if (known !== undefined) return known
    const made = new ChoiceGuard(this.#rules, this.#findings)
    this.#choices.set(index, made)
    return made
  }
}
