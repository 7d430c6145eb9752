import { stringOf, type JsonObject } from '../../lib/json.ts'
import { reasoningOf, thinkingBlocksOf } from './answer-parts.ts'

/** Takes what a model thought, in the order in which it came. */
export interface ThinkingSink {
  /** More of what is thought: of the block that is being written, or of a new one if a signature has sealed it. */
  think(text: string): void
  /** More of a signature; `fresh`: of a block that bears none yet. */
  sign(signature: string, fresh: boolean): void
  /** A whole block that its server keeps secret. */
  redacted(data: string): void
}

/** Takes the thinking out of a choice's deltas: reasoning in the open, and `thinking_blocks`, signed or redacted. */
export function createThinkingReader(sink: ThinkingSink): (delta: JsonObject) => void {
  /** Once reasoning has come in the open, `thinking_blocks` repeat it, and add the signature alone. */
  let reasoned = false

  function readBlock(block: JsonObject): void {
    const { type, data, thinking, signature } = block
    if (type === 'redacted_thinking') sink.redacted(stringOf(data))
    const text = stringOf(thinking)
    if (text !== '' && !reasoned) sink.think(text)
    const more = stringOf(signature)
    // A block may keep its text to itself; a piece of a signature has none at all.
    if (more !== '') sink.sign(more, typeof thinking === 'string' && (reasoned || text === ''))
  }

  return (delta) => {
    const reasoning = reasoningOf(delta)
    if (reasoning !== '') {
      reasoned = true
      sink.think(reasoning)
    }
    thinkingBlocksOf(delta).forEach(readBlock)
  }
}
