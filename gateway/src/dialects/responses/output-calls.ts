import { objectsIn, type JsonObject } from '../../lib/json.ts'
import { toolCallsOf } from '../canonical/answer-parts.ts'
import { mintedCallId } from '../canonical/function-tool.ts'
import { createToolSlots, type ToolSlot } from '../canonical/tool-slots.ts'
import type { DialectContext } from '../dialect.ts'
import { createCallItem, type CallItem } from './call-item.ts'
import { extraContent } from './extra-content.ts'
import type { AnyItem, OutputSequence } from './output-sequence.ts'

export interface CallReader {
  add(delta: JsonObject): void
  all(): readonly ToolSlot[]
}

/** Takes the calls out of deltas, and appends each to the sequence when it begins. */
export function createCallReader(context: DialectContext, sequence: OutputSequence<AnyItem>): CallReader {
  const slots = createToolSlots()
  const items: CallItem[] = []
  const usedIds = new Set<string>()

  function append(slot: ToolSlot): void {
    const index = items.length
    const item = createCallItem(context, {
      slot,
      // Some servers give all calls one id: results could not be told apart, and OpenAI's SDK throws.
      callId() {
        const id = slot.id === '' || usedIds.has(slot.id) ? mintedCallId(context, index) : slot.id
        usedIds.add(id)
        return id
      },
    })
    items.push(item)
    sequence.append(item)
  }

  return {
    all: () => slots.all(),
    add(delta) {
      const holders = objectsIn(delta['tool_calls'])
      toolCallsOf(delta).forEach((part, index) => {
        slots.add(part)
        slots.all().slice(items.length).forEach(append)
        const bearer = slots.all().findLastIndex((slot) => part.id === '' || part.id === slot.id)
        items[bearer]?.bear(extraContent(holders[index] ?? {}))
      })
    },
  }
}
