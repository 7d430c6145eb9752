import { isObject, type JsonObject } from '../lib/json.ts'
import { applyRules } from './apply-rules.ts'
import { Findings } from './findings.ts'
import { applyToPart } from './json-texts.ts'
import { changesTexts, type RuleSet } from './rule-set.ts'
import { StreamMasker } from './stream-masker.ts'

/** Applies rules to the events of a streamed transcription: pieces of the text (`delta`), and at the end the whole of it. */
export class TextEventGuard {
  readonly #rules: RuleSet
  readonly #findings: Findings
  readonly #masker: StreamMasker
  #latest: JsonObject | undefined

  constructor(rules: RuleSet, findings: Findings) {
    this.#rules = rules
    this.#findings = findings
    this.#masker = new StreamMasker(rules, findings)
  }

  /** What is to be sent for an event: the event itself where nothing changes. */
  take(event: JsonObject): readonly JsonObject[] {
    const { delta, text } = event
    if (typeof delta === 'string') return this.#takePiece(event, delta)
    // What its pieces have shown already is not counted again.
    const findings = this.#latest === undefined ? this.#findings : new Findings()
    const rest = this.end()
    const next = typeof text === 'string' ? { ...event, text: applyRules(text, this.#rules, findings) } : this.#part(event, findings)
    this.#findings.blockedBy ??= findings.blockedBy
    if (this.#findings.blockedBy !== undefined) return rest
    return [...rest, this.#quiet(next['text'] === text && typeof text === 'string' ? event : next)]
  }

  /** What is still held back. */
  end(): readonly JsonObject[] {
    const rest = this.#masker.end()
    return rest === '' || this.#latest === undefined ? [] : [this.#quiet({ ...this.#latest, delta: rest })]
  }

  #takePiece(event: JsonObject, delta: string): readonly JsonObject[] {
    this.#latest = event
    const next = this.#masker.push(delta)
    if (next === delta) return [this.#quiet(event)]
    return next === '' ? [] : [this.#quiet({ ...event, delta: next })]
  }

  #part(event: JsonObject, findings: Findings): JsonObject {
    const next = applyToPart(event, this.#rules, findings)
    return isObject(next) ? next : event
  }

  /** The probabilities of tokens would tell the text. */
  #quiet(event: JsonObject): JsonObject {
    if (!changesTexts(this.#rules) || !('logprobs' in event)) return event
    const { logprobs: _logprobs, ...rest } = event
    return rest
  }
}
