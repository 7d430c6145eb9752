import type { JsonObject } from '../../lib/json.ts'
import { refusalOf, textOf, toolCallsOf } from '../canonical/answer-parts.ts'
import { createThinkingReader } from '../canonical/thinking-reader.ts'
import { createToolSlots, type ToolSlot } from '../canonical/tool-slots.ts'
import type { DialectContext } from '../dialect.ts'
import { mintedToolId } from './ids.ts'
import { createRedactedBlock, createTextBlock, createThinkingBlock, createToolBlock, type ThinkingBlock } from './stream-blocks.ts'
import { createBlockSequence } from './stream-sequence.ts'
import { thinkingView } from './thinking.ts'

export interface StreamContent {
  /** Events for what a delta brings. */
  add(delta: JsonObject): string
  /** Events that close what is open. */
  finish(): string
  calls(): readonly ToolSlot[]
  refusal(): string
}

/** A message's content blocks, out of a chat completion's deltas. */
export function createStreamContent(context: DialectContext): StreamContent {
  const view = thinkingView(context.fields)
  const sequence = createBlockSequence()
  const slots = createToolSlots()
  let toolBlocks = 0
  let refusal = ''
  const readThinking = createThinkingReader({
    think: (text) => thinkingBlock(true).add(text),
    sign: (signature, fresh) => thinkingBlock(fresh).sign(signature),
    redacted: (data) => sequence.append(createRedactedBlock(data)),
  })

  function addText(text: string): void {
    if (text === '') return
    const latest = sequence.latest()
    if (latest?.kind === 'text') return latest.add(text)
    const block = createTextBlock()
    block.add(text)
    sequence.append(block)
  }

  /** `fresh`: one that no signature has sealed. */
  function thinkingBlock(fresh: boolean): ThinkingBlock {
    const latest = sequence.latest()
    if (latest?.kind === 'thinking' && !(fresh && latest.signed())) return latest
    const block = createThinkingBlock(view === 'shown')
    sequence.append(block)
    return block
  }

  function addCalls(delta: JsonObject): void {
    for (const part of toolCallsOf(delta)) slots.add(part)
    for (const slot of slots.all().slice(toolBlocks)) {
      sequence.append(createToolBlock(slot, mintedToolId(context, toolBlocks)))
      toolBlocks += 1
    }
  }

  return {
    add(delta) {
      if (view !== 'none') readThinking(delta)
      addText(textOf(delta))
      const refused = refusalOf(delta)
      refusal += refused
      addText(refused)
      addCalls(delta)
      return sequence.advance().join('')
    },
    finish: () => sequence.finish().join(''),
    calls: () => slots.all(),
    refusal: () => refusal,
  }
}
