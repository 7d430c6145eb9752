import type { JsonObject } from '../../endpoints/call.ts'
import { reasoningOf, stringOf, thinkingBlocksOf } from '../anthropic/answer-parts.ts'
import type { DialectContext } from '../dialect.ts'
import type { AnyItem, OutputSequence } from './output-sequence.ts'
import { createReasoningItem, type ReasoningItem } from './reasoning-item.ts'

/** Takes the reasoning out of deltas, and appends it to the sequence: an item for each block that is signed. */
export function createReasoningReader(context: DialectContext, sequence: OutputSequence<AnyItem>): (delta: JsonObject) => void {
  /** Once reasoning has come in the open, `thinking_blocks` repeat it, and add the signature alone. */
  let reasoned = false

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

  function addBlock(block: JsonObject): void {
    const { type, data, thinking, signature } = block
    if (type === 'redacted_thinking') appended(createReasoningItem(context, { type, data: stringOf(data) }))
    const text = stringOf(thinking)
    if (text !== '' && !reasoned) current(true).think(text)
    const more = stringOf(signature)
    // A block may keep its text to itself; a piece of a signature has none at all.
    if (more !== '') current(typeof thinking === 'string' && (reasoned || text === '')).sign(more)
  }

  return (delta) => {
    const reasoning = reasoningOf(delta)
    if (reasoning !== '') {
      reasoned = true
      current(true).think(reasoning)
    }
    thinkingBlocksOf(delta).forEach(addBlock)
  }
}
