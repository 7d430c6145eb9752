import type { JsonObject } from '../../lib/json.ts'
import { createThinkingReader } from '../canonical/thinking-reader.ts'
import type { DialectContext } from '../dialect.ts'
import type { AnyItem, OutputSequence } from './output-sequence.ts'
import { createReasoningItem, type ReasoningItem } from './reasoning-item.ts'

/** Takes the reasoning out of deltas, and appends it to the sequence: an item for each block that is signed. */
export function createReasoningReader(context: DialectContext, sequence: OutputSequence<AnyItem>): (delta: JsonObject) => void {
  function appended(item: ReasoningItem): ReasoningItem {
    sequence.append(item)
    return item
  }

  /** The item that is being written; `fresh`: one that no signature has sealed. */
  function current(fresh: boolean): ReasoningItem {
    const latest = sequence.latest()
    if (latest?.kind !== 'reasoning' || latest.redacted || (fresh && latest.signed())) return appended(createReasoningItem(context))
    return latest
  }

  return createThinkingReader({
    think: (text) => current(true).think(text),
    sign: (signature, fresh) => current(fresh).sign(signature),
    redacted: (data) => void appended(createReasoningItem(context, { type: 'redacted_thinking', data })),
  })
}
