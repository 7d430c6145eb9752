import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { readEntries, wrongField } from '../canonical/field-checks.ts'
import { CodecRefusal } from '../codec.ts'
import { toAssistantTurn, type PastCall } from './assistant-parts.ts'
import { toFunctionResponse } from './function-result.ts'
import { isThirdGeneration } from './model-name.ts'
import { toParts, toTextParts } from './parts.ts'

/** Results of functions are a turn of their own, which must follow its calls at once and hold one part for each. */
interface Turn {
  readonly kind: 'user' | 'model' | 'results'
  readonly parts: JsonObject[]
  /** Of results: the call's place among all calls, and what comes after all of the turn's results. */
  readonly order: number[]
  readonly beside: JsonObject[]
}

/**
 * `messages` -> `contents` and `systemInstruction`. Messages of one role in a row are one turn. System and developer
 * messages are gathered before the conversation, wherever they stood; where there is nothing else, they are the user's.
 * The `name` of a participant has no equal, and goes.
 */
export function toConversation(messages: unknown, model: string): JsonObject {
  const writer = createWriter(model)
  const read = readEntries(messages, 'messages', {
    read(message, param) {
      if (!isObject(message)) throw wrongField(param, 'an object')
      writer.add(message, param)
    },
  })
  if (read.length === 0) throw wrongField('messages', 'an array of at least one message')
  return writer.finish()
}

function createWriter(model: string) {
  const modern = isThirdGeneration(model)
  const turns: Turn[] = []
  const system: JsonObject[] = []
  const past: PastCall[] = []

  function turnOf(kind: Turn['kind']): Turn {
    const last = turns.at(-1)
    if (last?.kind === kind) return last
    const turn: Turn = { kind, parts: [], order: [], beside: [] }
    turns.push(turn)
    return turn
  }

  function addResult(message: JsonObject, param: string): void {
    const id = textOf(message['tool_call_id'])
    // Ids of some backends come again in later turns: the last call that bears one is meant.
    const place = id === undefined ? -1 : past.findLastIndex((call) => call.id === id)
    const name = past[place]?.name ?? textOf(message['name'])
    if (name === undefined) throw new CodecRefusal(`${param}.tool_call_id`, 'No call before this message bears this id')
    const { response, beside } = toFunctionResponse({ id, name, content: message['content'], param: `${param}.content` }, modern)
    const turn = turnOf('results')
    turn.parts.push(response)
    turn.order.push(place < 0 ? past.length : place)
    turn.beside.push(...beside)
  }

  function add(message: JsonObject, param: string): void {
    switch (message['role']) {
      case 'system':
      case 'developer':
        system.push(...toTextParts(message['content'], `${param}.content`))
        return
      case 'user': {
        const parts = toParts(message['content'], `${param}.content`)
        turnOf('user').parts.push(...(parts.length === 0 ? [{ text: '' }] : parts))
        return
      }
      case 'assistant': {
        const { parts, calls } = toAssistantTurn(message, param, modern)
        past.push(...calls)
        if (parts.length > 0) turnOf('model').parts.push(...parts)
        return
      }
      case 'tool':
      case 'function':
        addResult(message, param)
        return
      default:
        throw new CodecRefusal(`${param}.role`, `Gemini has no role ${JSON.stringify(message['role'] ?? null)}`)
    }
  }

  return {
    add,
    finish(): JsonObject {
      if (turns.length === 0) return { contents: [{ role: 'user', parts: system.length === 0 ? [{ text: '' }] : system }] }
      const contents = turns.map((turn) => ({ role: turn.kind === 'model' ? 'model' : 'user', parts: partsOf(turn) }))
      return { contents, ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }) }
    },
  }
}

/** Models that know no ids match results with calls by their order. */
function partsOf({ kind, parts, order, beside }: Turn): readonly JsonObject[] {
  if (kind !== 'results') return parts
  const sorted = parts.map((part, index) => ({ part, place: order[index] ?? 0 })).sort((a, b) => a.place - b.place)
  return [...sorted.map(({ part }) => part), ...beside]
}
