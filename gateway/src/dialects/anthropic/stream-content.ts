import type { JsonObject } from '../../endpoints/call.ts'
import type { DialectContext } from '../dialect.ts'
import { reasoningOf, refusalOf, stringOf, textOf, thinkingBlocksOf, toolCallsOf } from './answer-parts.ts'
import { mintedToolId } from './ids.ts'
import { createRedactedBlock, createTextBlock, createThinkingBlock, createToolBlock } from './stream-blocks.ts'
import { createBlockSequence } from './stream-sequence.ts'
import { createToolSlots, type ToolSlot } from './stream-tools.ts'
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
  /** Once reasoning has come in the open, `thinking_blocks` repeat it, and add the signature alone. */
  let reasoned = false

  function addText(text: string): void {
    if (text === '') return
    const latest = sequence.latest()
    if (latest?.kind === 'text') return latest.add(text)
    const block = createTextBlock()
    block.add(text)
    sequence.append(block)
  }

  function openThinking() {
    const latest = sequence.latest()
    if (latest?.kind === 'thinking') return latest
    const block = createThinkingBlock(view === 'shown')
    sequence.append(block)
    return block
  }

  function addThinking(text: string): void {
    if (text === '') return
    const latest = sequence.latest()
    // A signature seals a block: what comes after it is the next one's.
    if (latest?.kind === 'thinking' && latest.signed()) sequence.append(createThinkingBlock(view === 'shown'))
    openThinking().add(text)
  }

  function addReasoning(delta: JsonObject): void {
    const reasoning = reasoningOf(delta)
    if (reasoning !== '') reasoned = true
    addThinking(reasoning)
    for (const block of thinkingBlocksOf(delta)) {
      if (block['type'] === 'redacted_thinking') sequence.append(createRedactedBlock(stringOf(block['data'])))
      if (!reasoned) addThinking(stringOf(block['thinking']))
      const signature = stringOf(block['signature'])
      if (signature !== '') openThinking().sign(signature)
    }
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
      if (view !== 'none') addReasoning(delta)
      addText(textOf(delta))
      const refused = refusalOf(delta)
      refusal += refused
      addText(refused)
      addCalls(delta)
      return sequence.events(false)
    },
    finish: () => sequence.events(true),
    calls: () => slots.all(),
    refusal: () => refusal,
  }
}
