import { isAbsent, isObject, objectsIn, textOf, type JsonObject } from '../lib/json.ts'
import { CallGuard } from './call-guard.ts'
import type { Findings } from './findings.ts'
import { applyToPart } from './json-texts.ts'
import { changesTexts, type RuleSet } from './rule-set.ts'
import { StreamMasker } from './stream-masker.ts'
import { mayHoldText } from './structural-fields.ts'

export interface TakenChoice {
  /** To be sent before: what was held back until the choice ended. */
  readonly before: JsonObject | undefined
  /** The choice as it is to be sent; the same object where nothing changes, undefined where nothing is left of it. */
  readonly choice: JsonObject | undefined
}

const REASONING: ReadonlySet<string> = new Set(['reasoning_content', 'reasoning'])
/** What says nothing of what was said. */
const SILENT: ReadonlySet<string> = new Set(['role', ...REASONING])

/** One choice of a streamed answer: each of its texts is a stream of its own. */
export class ChoiceGuard {
  readonly #rules: RuleSet
  readonly #findings: Findings
  /** False where matches are only counted. */
  readonly #changes: boolean
  readonly #texts = new Map<string, StreamMasker>()
  readonly #calls: CallGuard
  /** A chat's deltas, or the text of a completion. */
  #isChat = true

  constructor(rules: RuleSet, findings: Findings) {
    this.#rules = rules
    this.#findings = findings
    this.#changes = changesTexts(rules)
    this.#calls = new CallGuard(rules, findings)
  }

  take(choice: JsonObject): TakenChoice {
    const { delta } = choice
    this.#isChat = !('text' in choice) || isObject(delta)
    const given: JsonObject = this.#isChat ? (isObject(delta) ? delta : {}) : { text: choice['text'] }
    const over = !isAbsent(choice['finish_reason'])
    const taken = this.#takeDelta(given)
    if (!over) return this.#stillOpen(choice, { given, taken })
    const rest = joined(taken, this.#flush())
    const blocked = this.#findings.blockedBy !== undefined
    if (blocked) return { before: isVoid(rest) ? undefined : this.#ended(choice, rest), choice: undefined }
    if (rest === given || same(rest, given)) return { before: undefined, choice: this.#withDelta(choice, given, given) }
    const last = this.#withDelta(choice, given, this.#isChat ? {} : { text: '' })
    return { before: isVoid(rest) ? undefined : this.#ended(choice, rest), choice: last }
  }

  /** The last that is said, before it is said that it was. */
  #ended(choice: JsonObject, rest: JsonObject): JsonObject {
    const { finish_reason: _reason, logprobs: _logprobs, stop_reason: _stop, ...head } = choice
    return { ...head, ...this.#placed(rest), finish_reason: null }
  }

  /** What is still held back; undefined when that is nothing. */
  end(): JsonObject | undefined {
    const rest = this.#flush()
    return isVoid(rest) ? undefined : this.#placed(rest)
  }

  #stillOpen(choice: JsonObject, { given, taken }: { given: JsonObject; taken: JsonObject }): TakenChoice {
    const nothing = isVoid(taken) && !isVoid(given)
    return { before: undefined, choice: nothing ? undefined : this.#withDelta(choice, given, taken) }
  }

  /** The probabilities of tokens would tell what is held back, or masked. */
  #withDelta(choice: JsonObject, given: JsonObject, delta: JsonObject): JsonObject {
    const quiet = this.#changes && !isAbsent(choice['logprobs'])
    if (delta === given && !quiet) return choice
    return { ...choice, ...this.#placed(delta), ...(quiet ? { logprobs: null } : {}) }
  }

  #placed(delta: JsonObject): JsonObject {
    return this.#isChat ? { delta } : { text: '', ...delta }
  }

  #takeDelta(delta: JsonObject): JsonObject {
    const taken: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(delta)) {
      if (typeof value === 'string') taken[key] = mayHoldText(value, [key]) ? this.#maskerOf(key).push(value) : value
      else if (key === 'tool_calls' || key === 'function_call') this.#takeCalls(key, value, taken)
      else if (typeof value === 'object' && value !== null) this.#takePart(key, value, taken)
      else taken[key] = value
    }
    const says = Object.entries(delta).some(([key, value]) => !SILENT.has(key) && !isEmpty(value))
    if (says) this.#endReasoning(taken)
    return same(taken, delta) ? delta : taken
  }

  /** What is thought ends where something is said: behind that it would be taken for new thoughts. */
  #endReasoning(taken: Record<string, unknown>): void {
    for (const key of REASONING) {
      const rest = this.#texts.get(key)?.end() ?? ''
      if (rest !== '') taken[key] = (textOf(taken[key]) ?? '') + rest
    }
  }

  #takeCalls(key: 'tool_calls' | 'function_call', value: unknown, taken: Record<string, unknown>): void {
    this.#calls.take(key, value)
    if (!this.#changes) taken[key] = value
  }

  #takePart(key: string, value: object, taken: Record<string, unknown>): void {
    const next = applyToPart(value, this.#rules, this.#findings)
    if (this.#findings.blockedBy !== undefined) return
    if (!this.#changes) taken[key] = next
    else if (key === 'thinking_blocks') taken[key] = next === value && !this.#hasMaskedReasoning() ? objectsIn(value).filter(isWhole) : []
    // Pieces of the reasoning once more, in which matches could not be seen.
    else if (key !== 'reasoning_details') taken[key] = next
  }

  #hasMaskedReasoning(): boolean {
    return [...REASONING].some((key) => this.#texts.get(key)?.changed === true)
  }

  #flush(): JsonObject {
    const rest: Record<string, unknown> = {}
    for (const [key, masker] of this.#texts) {
      const text = masker.end()
      if (text !== '') rest[key] = text
    }
    const calls = this.#calls.end()
    return this.#changes && this.#findings.blockedBy === undefined ? { ...rest, ...calls } : rest
  }

  #maskerOf(key: string): StreamMasker {
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const made = new StreamMasker(this.#rules, this.#findings)
    this.#texts.set(key, made)
    return made
  }
}

/** A block of thinking is signed as a whole; of pieces nobody could say what is in them. */
function isWhole({ thinking, signature }: JsonObject): boolean {
  return isAbsent(thinking) || thinking === '' || !isAbsent(signature)
}

/** A delta, and what comes behind it. */
function joined(first: JsonObject, rest: JsonObject): JsonObject {
  if (Object.keys(rest).length === 0) return first
  const both: Record<string, unknown> = { ...first }
  for (const [key, value] of Object.entries(rest)) both[key] = typeof value === 'string' ? (textOf(both[key]) ?? '') + value : value
  return both
}

function same(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

function isVoid(delta: JsonObject): boolean {
  return Object.values(delta).every(isEmpty)
}

function isEmpty(value: unknown): boolean {
  return isAbsent(value) || value === '' || (Array.isArray(value) && value.length === 0)
}
