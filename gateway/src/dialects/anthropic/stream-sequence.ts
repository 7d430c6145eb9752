import type { JsonObject } from '../../lib/json.ts'
import { sseEvent } from '../../lib/sse-event.ts'
import { createGrowingSequence, type GrowingSequence } from '../canonical/growing-sequence.ts'
import type { AnyBlock } from './stream-blocks.ts'

/** One named event: the SDK drops what has no `event:` line. */
export function eventOf(type: string, fields: JsonObject = {}): string {
  return sseEvent(type, { type, ...fields })
}

/** A message's content blocks, which may not overlap, as framed events. */
export function createBlockSequence(): GrowingSequence<AnyBlock, string> {
  return createGrowingSequence<AnyBlock, string>({
    open(block, index) {
      const start = block.start()
      return start === undefined ? undefined : [eventOf('content_block_start', { index, content_block: start })]
    },
    take: (block, index) => deltaEvents(block.take(), index),
    isComplete: (block) => block.complete(),
    close: (block, index) => [...deltaEvents(block.last(), index), eventOf('content_block_stop', { index })],
  })
}

function deltaEvents(delta: JsonObject | undefined, index: number): string[] {
  return delta === undefined ? [] : [eventOf('content_block_delta', { index, delta })]
}
