import type { JsonObject } from '../../lib/json.ts'
import type { DialectContext } from '../dialect.ts'
import { sealBlock } from './encrypted-content.ts'
import { itemId } from './ids.ts'
import { createPartedItem, type PartedItem } from './parted-item.ts'
import { reasoningPlace } from './request-reasoning.ts'

export interface ReasoningItem extends PartedItem {
  readonly kind: 'reasoning'
  think(text: string): void
  /** More of the signature, which seals it: text that comes after is another item's. */
  sign(signature: string): void
  signed(): boolean
  /** It says nothing in the open, and nothing can be added. */
  readonly redacted: boolean
}

/** `redacted`: the block where it is one that its server keeps secret. */
export function createReasoningItem(context: DialectContext, redacted?: JsonObject): ReasoningItem {
  const place = reasoningPlace(context.fields)
  let thinking = ''
  let signature = ''

  const block = (): JsonObject | undefined => redacted ?? (signature === '' ? undefined : { type: 'thinking', thinking, signature })

  const item = createPartedItem({
    id: (index) => itemId('rs', context, index),
    around({ id, status }, parts) {
      const sealed = status === 'in_progress' ? undefined : block()
      return {
        id,
        type: 'reasoning',
        status,
        ...(place === 'summary' ? { summary: parts } : { summary: [], content: parts }),
        ...(sealed === undefined ? {} : { encrypted_content: sealBlock(sealed) }),
      }
    },
  })
  return {
    ...item,
    kind: 'reasoning',
    think(text) {
      thinking += text
      item.part(place === 'summary' ? 'summary_text' : 'reasoning_text').add(text)
    },
    sign: (more) => void (signature += more),
    signed: () => signature !== '',
    redacted: redacted !== undefined,
  }
}
