import { NO_ARGUMENTS } from '../../../lib/call-arguments.ts'
import { isObject, type JsonObject } from '../../../lib/json.ts'
import { argumentsDelta, callId, readFunctionCall, toFunctionCall } from '../canonical/function-call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'

interface Slot {
  readonly index: number
  /** The arguments so far, while they could still turn out to be `null`; undefined once they are on their way. */
  held: string | undefined
}

/** The tool calls of one stream. Each method gives the deltas that the client is to get. */
export interface StreamedCalls {
  start(index: unknown, call: unknown): JsonObject
  add(index: unknown, call: unknown): readonly JsonObject[]
  end(index: unknown): readonly JsonObject[]
  /** For a stream that ends without the ends of its calls. */
  endAll(): readonly JsonObject[]
  seen(): boolean
}

/**
 * Calls get an index of their own, 0 and up in the order of their starts; an event without one belongs to the last
 * call. A call without arguments streams `null`, or nothing at all, and the client needs `{}`: what may still become
 * `null` is held back.
 */
export function createStreamedCalls(context: AnswerContext): StreamedCalls {
  const slots: Slot[] = []
  const byIndex = new Map<unknown, Slot>()
  const slotOf = (index: unknown) => (index === undefined ? slots.at(-1) : byIndex.get(index))

  return {
    start(index, call) {
      const read = readFunctionCall(call)
      if (read === undefined) throw new CodecMismatch('A streamed tool call has no function')
      const slot: Slot = { index: slots.length, held: '' }
      slots.push(slot)
      byIndex.set(index, slot)
      const first = takeArguments(slot, read.arguments) ?? ''
      const id = callId(read.id, slot.index, context)
      return { tool_calls: [{ index: slot.index, ...toFunctionCall(id, read.name, first) }] }
    },
    add(index, call) {
      const slot = slotOf(index)
      if (slot === undefined) throw new CodecMismatch('A piece of a tool call belongs to no call')
      const text = takeArguments(slot, isObject(call) && isObject(call['function']) ? call['function']['arguments'] : undefined)
      return text === undefined ? [] : [argumentsDelta(slot.index, text)]
    },
    end: (index) => close(slotOf(index)),
    endAll: () => slots.flatMap(close),
    seen: () => slots.length > 0,
  }
}

/** What can be passed on of the arguments, now that `text` has come. */
function takeArguments(slot: Slot, text: unknown): string | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  if (slot.held === undefined) return text
  slot.held += text
  if (NO_ARGUMENTS.startsWith(slot.held.trim())) return undefined
  const all = slot.held
  slot.held = undefined
  return all
}

/** What is still held is nothing, `null`, or a beginning of `null` that was cut off: no arguments in any case. */
function close(slot: Slot | undefined): readonly JsonObject[] {
  if (slot?.held === undefined) return []
  slot.held = undefined
  return [argumentsDelta(slot.index, '{}')]
}
