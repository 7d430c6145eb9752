import type { JsonObject } from '../../lib/json.ts'
import type { DialectContext } from '../dialect.ts'
import { itemId } from './ids.ts'
import { createPartedItem, type PartedItem } from './parted-item.ts'

export interface MessageItem extends PartedItem {
  readonly kind: 'message'
  /** Fields that the item bears beside its own from now on. */
  bear(extra: JsonObject): void
}

export function createMessageItem(context: DialectContext): MessageItem {
  let extra: JsonObject = {}
  const item = createPartedItem({
    id: (index) => itemId('msg', context, index),
    around: ({ id, status }, content) => ({ id, type: 'message', status, role: 'assistant', content, ...extra }),
  })
  return { ...item, kind: 'message', bear: (more) => void (extra = { ...extra, ...more }) }
}
