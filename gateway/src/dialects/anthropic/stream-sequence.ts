import type { JsonObject } from '../../endpoints/call.ts'
import type { AnyBlock } from './stream-blocks.ts'

/** One named event: the SDK drops what has no `event:` line. */
export function eventOf(type: string, fields: JsonObject = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

export interface BlockSequence {
  /** The block to which more of its kind belongs. */
  latest(): AnyBlock | undefined
  append(block: AnyBlock): void
  /** Events for what has come. `final`: nothing more comes, every block is closed. */
  events(final: boolean): string
}

/**
 * Blocks may not overlap, while calls in a chat completion's chunks may: the first block that is not complete is sent
 * as it grows, what comes for later ones waits.
 */
export function createBlockSequence(): BlockSequence {
  const waiting: AnyBlock[] = []
  let latest: AnyBlock | undefined
  let index = 0
  let open = false

  function grow(block: AnyBlock): string {
    const start = open ? undefined : block.start()
    if (!open && start === undefined) return ''
    open = true
    const delta = block.take()
    return (start === undefined ? '' : eventOf('content_block_start', { index, content_block: start })) + deltaEvent(delta)
  }

  function deltaEvent(delta: JsonObject | undefined): string {
    return delta === undefined ? '' : eventOf('content_block_delta', { index, delta })
  }

  function close(block: AnyBlock): string {
    waiting.shift()
    if (!open) return ''
    const events = deltaEvent(block.last()) + eventOf('content_block_stop', { index })
    index += 1
    open = false
    return events
  }

  return {
    latest: () => latest,
    append(block) {
      waiting.push(block)
      latest = block
    },
    events(final) {
      let events = ''
      for (let block = waiting[0]; block !== undefined; block = waiting[0]) {
        events += grow(block)
        if (!final && (waiting.length === 1 || !open || !block.complete())) break
        events += close(block)
      }
      return events
    },
  }
}
