import { isObject, type JsonObject } from '../../lib/json.ts'
import { hasItems, hasValue, needleOf } from '../../lib/json-needle.ts'
import { indexOf, isFinished, textOf, within, type Repair, type StreamRepair } from './repair.ts'
import { argumentsOf, ToolSlots } from './tool-slots.ts'

const TOOL_CALLS = needleOf('tool_calls')
const FINISH = needleOf('finish_reason')
const QUOTE = 0x22

/** Tool calls as OpenAI tells them, whatever of `index`, `id`, `type` and arguments the backend left out. `newId`: unique. */
export function toolCallsRepair(newId: () => string): Repair {
  return {
    whole: (choice) => within(choice, 'message', (message) => withCalls(message, (call) => wholeCall(call, newId))),
    stream: () => createStream(newId),
  }
}

function createStream(newId: () => string): StreamRepair {
  const choices = new Map<number, ToolSlots>()
  const slotsOf = (index: number) => {
    const known = choices.get(index)
    if (known !== undefined) return known
    const slots = new ToolSlots(newId)
    choices.set(index, slots)
    return slots
  }
  return {
    wants: (data) => hasItems(data, TOOL_CALLS) || (hasValue(data, FINISH, QUOTE) && [...choices.values()].some((slots) => slots.owing)),
    mend(choice) {
      const told = within(choice, 'delta', (delta) => withCalls(delta, (call) => slotsOf(indexOf(choice)).push(call)))
      const owed = isFinished(choice) ? (choices.get(indexOf(choice))?.fill() ?? []) : []
      return owed.length === 0 ? told : withOwed(told, owed)
    },
    rest: () =>
      [...choices].flatMap(([index, slots]) => {
        const owed = slots.fill()
        return owed.length === 0 ? [] : [{ index, delta: { tool_calls: owed }, finish_reason: null }]
      }),
  }
}

function withCalls(message: JsonObject, mend: (call: JsonObject) => JsonObject): JsonObject {
  const calls = message['tool_calls']
  if (!Array.isArray(calls) || calls.length === 0) return message
  const mended = calls.map((call: unknown) => (isObject(call) ? mend(call) : call))
  return mended.every((call, index) => call === calls[index]) ? message : { ...message, tool_calls: mended }
}

/** Into the calls of this chunk, or behind them. */
function withOwed(choice: JsonObject, owed: readonly JsonObject[]): JsonObject {
  const delta = isObject(choice['delta']) ? choice['delta'] : {}
  const calls: readonly unknown[] = Array.isArray(delta['tool_calls']) ? delta['tool_calls'] : []
  return { ...choice, delta: { ...delta, tool_calls: [...calls, ...owed] } }
}

function wholeCall(call: JsonObject, newId: () => string): JsonObject {
  const { id, type, function: named, ...others } = call
  if (!isObject(named)) return call
  const given = argumentsOf(named['arguments'])
  const text = given === '' ? '{}' : given
  if (textOf(id) !== '' && type === 'function' && named['arguments'] === text) return call
  return { id: textOf(id) === '' ? newId() : id, type: 'function', ...others, function: { ...named, arguments: text } }
}
