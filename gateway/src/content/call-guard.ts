import { GatewayError } from '../errors/gateway-error.ts'
import { isAbsent, isObject, objectsIn, stringOf, type JsonObject } from '../lib/json.ts'
import type { Findings } from './findings.ts'
import { applyToArguments } from './json-texts.ts'
import type { RuleSet } from './rule-set.ts'

/** Characters of arguments that are held for one answer. */
const MOST_CHARACTERS = 8 * 1024 ** 2

interface HeldCall {
  /** Of the call without its arguments. */
  head: JsonObject
  functionHead: JsonObject
  arguments: string
}

/**
 * The tool calls of a streamed choice. They are held until they are whole: nobody can use half of one, and only whole
 * arguments can be read as the JSON that they are, and stay that.
 */
export class CallGuard {
  readonly #rules: RuleSet
  readonly #findings: Findings
  readonly #calls = new Map<unknown, HeldCall>()
  #single: HeldCall | undefined
  #characters = 0

  constructor(rules: RuleSet, findings: Findings) {
    this.#rules = rules
    this.#findings = findings
  }

  take(key: 'tool_calls' | 'function_call', value: unknown): void {
    if (key === 'tool_calls') for (const call of objectsIn(value)) this.#takeCall(call)
    else if (isObject(value)) {
      this.#single ??= newCall()
      this.#add(this.#single, value)
    }
  }

  /** The calls as they may be passed on, for a delta. */
  end(): JsonObject {
    const calls = [...this.#calls.values()].map((call) => ({ ...call.head, function: this.#functionOf(call) }))
    const single = this.#single === undefined ? {} : { function_call: this.#functionOf(this.#single) }
    this.#calls.clear()
    this.#single = undefined
    return { ...(calls.length === 0 ? {} : { tool_calls: calls }), ...single }
  }

  #takeCall(piece: JsonObject): void {
    const { function: called, ...head } = piece
    const call = this.#callOf(piece)
    call.head = withGiven(call.head, head)
    if (isObject(called)) this.#add(call, called)
  }

  /** Servers that give no index begin each call with its id. */
  #callOf({ index, id }: JsonObject): HeldCall {
    const last = [...this.#calls.keys()].at(-1)
    const key = index ?? (isAbsent(id) || id === '' ? (last ?? 0) : id)
    const known = this.#calls.get(key)
    if (known !== undefined) return known
    const made = newCall()
    this.#calls.set(key, made)
    return made
  }

  #add(call: HeldCall, { arguments: piece, ...head }: JsonObject): void {
    call.functionHead = withGiven(call.functionHead, head)
    const text = isObject(piece) ? JSON.stringify(piece) : stringOf(piece)
    call.arguments += text
    this.#characters += text.length
    if (this.#characters > MOST_CHARACTERS) throw new GatewayError('upstream_protocol_error', 'The tool calls of the answer are too long')
  }

  #functionOf({ functionHead, arguments: text }: HeldCall): JsonObject {
    return { ...functionHead, arguments: applyToArguments(text, this.#rules, this.#findings) }
  }
}

function newCall(): HeldCall {
  return { head: {}, functionHead: {}, arguments: '' }
}

/** Later pieces repeat empty what the first has told. */
function withGiven(known: JsonObject, more: JsonObject): JsonObject {
  return {
    ...known,
    ...Object.fromEntries(Object.entries(more).filter(([key, value]) => !(key in known) || !(isAbsent(value) || value === ''))),
  }
}
