import type { JsonObject } from '../../lib/json.ts'
import type { ToolSlot } from '../canonical/tool-slots.ts'
import { PLACEHOLDER_SIGNATURE } from './thinking.ts'

/** A content block while it grows. */
export interface Block {
  /** For `content_block_start`; undefined while it can't be said what it is. */
  start(): JsonObject | undefined
  /** The delta of what has come since the last time. */
  take(): JsonObject | undefined
  /** Nothing more of it comes once another block has begun. */
  complete(): boolean
  /** The last delta before `content_block_stop`. */
  last(): JsonObject | undefined
}

export interface TextBlock extends Block {
  readonly kind: 'text'
  add(text: string): void
}

export interface ThinkingBlock extends Block {
  readonly kind: 'thinking'
  add(text: string): void
  sign(signature: string): void
  signed(): boolean
}

export interface OtherBlock extends Block {
  readonly kind: 'redacted' | 'tool'
}

export type AnyBlock = TextBlock | ThinkingBlock | OtherBlock

export function createTextBlock(): TextBlock {
  let pending = ''
  return {
    kind: 'text',
    add: (text) => void (pending += text),
    start: () => ({ type: 'text', text: '' }),
    take() {
      const text = pending
      pending = ''
      return text === '' ? undefined : { type: 'text_delta', text }
    },
    complete: () => true,
    last: () => undefined,
  }
}

/** `shown: false`: the client asked for the block without its text. */
export function createThinkingBlock(shown: boolean): ThinkingBlock {
  let pending = ''
  let signature = ''
  return {
    kind: 'thinking',
    add: (text) => void (pending += text),
    sign: (more) => void (signature += more),
    signed: () => signature !== '',
    start: () => ({ type: 'thinking', thinking: '', signature: '' }),
    take() {
      const thinking = pending
      pending = ''
      return thinking === '' || !shown ? undefined : { type: 'thinking_delta', thinking }
    },
    complete: () => true,
    last: () => ({ type: 'signature_delta', signature: signature === '' ? PLACEHOLDER_SIGNATURE : signature }),
  }
}

export function createRedactedBlock(data: string): OtherBlock {
  const nothing = (): undefined => undefined
  return { kind: 'redacted', start: () => ({ type: 'redacted_thinking', data }), take: nothing, complete: () => true, last: nothing }
}

/** Opens once the call's name is known; then an id that has not come yet will not come. */
export function createToolBlock(slot: ToolSlot, mintedId: string): OtherBlock {
  return {
    kind: 'tool',
    start: () => (slot.name === '' ? undefined : { type: 'tool_use', id: slot.id === '' ? mintedId : slot.id, name: slot.name, input: {} }),
    take() {
      const partial = slot.take()
      return partial === '' ? undefined : { type: 'input_json_delta', partial_json: partial }
    },
    complete: () => slot.whole(),
    last: () => undefined,
  }
}
