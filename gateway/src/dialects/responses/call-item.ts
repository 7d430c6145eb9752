import type { JsonObject } from '../../lib/json.ts'
import type { ToolSlot } from '../canonical/tool-slots.ts'
import type { DialectContext } from '../dialect.ts'
import { itemId } from './ids.ts'
import { itemEvent, type ItemStatus, type OutputItem } from './output-item.ts'

export interface CallItem extends OutputItem {
  readonly kind: 'call'
  bear(extra: JsonObject): void
}

export interface CallSource {
  readonly slot: ToolSlot
  /** The id that results name it by; asked once, when it opens: a backend's id that has not come by then will not come. */
  callId(): string
}

/** Opens once its name is known. Arguments that are none become `{}`, unless the answer was cut off there. */
export function createCallItem(context: DialectContext, { slot, callId }: CallSource): CallItem {
  let extra: JsonObject = {}
  let told = ''
  let outputIndex = -1
  let id = ''
  let called = ''

  const value = (status: ItemStatus): JsonObject => ({
    id,
    type: 'function_call',
    status,
    arguments: told,
    call_id: called,
    name: slot.name,
    ...extra,
  })

  function tell(text: string): JsonObject[] {
    if (text === '') return []
    told += text
    return [{ type: 'response.function_call_arguments.delta', item_id: id, output_index: outputIndex, delta: text }]
  }

  return {
    kind: 'call',
    value,
    bear: (more) => void (extra = { ...extra, ...more }),
    complete: () => slot.whole(),
    take: () => tell(slot.take()),
    open(index) {
      if (slot.name === '') return undefined
      outputIndex = index
      id = itemId('fc', context, index)
      called = callId()
      return [itemEvent('added', index, value('in_progress'))]
    },
    close(status) {
      const filled = status === 'completed' && told.trim() === '' ? tell('{}') : []
      const done = {
        type: 'response.function_call_arguments.done',
        item_id: id,
        output_index: outputIndex,
        name: slot.name,
        arguments: told,
      }
      return [...filled, done, itemEvent('done', outputIndex, value(status))]
    },
  }
}
