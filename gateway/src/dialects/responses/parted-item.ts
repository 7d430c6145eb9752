import type { JsonObject } from '../../lib/json.ts'
import { itemEvent, type ItemStatus, type OutputItem } from './output-item.ts'
import { createPart, type OutputPart, type PartType } from './output-part.ts'

export interface ItemShape {
  id(index: number): string
  /** The item around its parts. */
  around(head: { readonly id: string; readonly status: ItemStatus }, parts: readonly JsonObject[]): JsonObject
}

/** An item that consists of parts, one after another. */
export interface PartedItem extends OutputItem {
  /** The part to which more of this type belongs: the last one, or a new one. */
  part(type: PartType): OutputPart
  latestPart(): OutputPart | undefined
}

export function createPartedItem(shape: ItemShape): PartedItem {
  const parts: OutputPart[] = []
  /** How many of the parts have been opened; all but the last of these are closed. */
  let opened = 0
  let outputIndex = -1
  let id = ''

  function openPart(part: OutputPart): JsonObject[] {
    const last = parts[opened - 1]
    const opening = part.open({ item_id: id, output_index: outputIndex }, opened)
    opened += 1
    return [...(last?.close() ?? []), opening, ...part.take()]
  }

  const value = (status: ItemStatus): JsonObject =>
    shape.around(
      { id, status },
      parts.slice(0, opened).map((part) => part.value()),
    )

  return {
    value,
    complete: () => true,
    latestPart: () => parts.at(-1),
    part(type) {
      const last = parts.at(-1)
      if (last?.type === type) return last
      const part = createPart(type)
      parts.push(part)
      return part
    },
    open(index) {
      outputIndex = index
      id = shape.id(index)
      return [itemEvent('added', index, value('in_progress'))]
    },
    take() {
      const growing = parts[opened - 1]?.take() ?? []
      return opened === parts.length ? growing : [...growing, ...parts.slice(opened).flatMap(openPart)]
    },
    close: (status) => [...(parts[opened - 1]?.close() ?? []), itemEvent('done', outputIndex, value(status))],
  }
}
