import type { DialectContext } from '../dialect.ts'

export function messageId(context: DialectContext): string {
  return `msg_${context.id}`
}

/** For a call whose backend gave it none; `index` counts the calls of the answer from 0. */
export function mintedToolId(context: DialectContext, index: number): string {
  return `toolu_${context.id}_${index}`
}
