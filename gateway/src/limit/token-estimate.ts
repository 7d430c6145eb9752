/** How many tokens a request will cost, before anybody has counted them. */

import { numberAt } from '../lib/number-at.ts'

/** Bytes per token of a model that nothing is known of. */
export const INITIAL_BYTES_PER_TOKEN = 4

/** Of a script with thousands of signs each has a token of its own, whatever the model's ratio: 3 bytes in UTF-8. */
const WIDE_BYTES_PER_TOKEN = 3

/** Tokens of a prompt, rounded up: of UTF-8 bytes, or of texts whose bytes are added up. `bytesPerToken` > 0. */
export function estimatePrompt(prompt: Uint8Array | readonly string[], bytesPerToken: number): number {
  const parts = prompt instanceof Uint8Array ? [prompt] : prompt.map((text) => Buffer.from(text))
  let total = 0
  let wide = 0
  for (const part of parts) {
    total += part.length
    wide += wideBytes(part)
  }
  return Math.ceil((total - wide) / bytesPerToken + wide / WIDE_BYTES_PER_TOKEN)
}

/** Bytes of characters from U+2E80 (E2 BA 80), where the CJK radicals begin; what follows a lead byte is counted with it. */
function wideBytes(bytes: Uint8Array): number {
  let count = 0
  let isWide = false
  // By index: for ... of over a megabyte of bytes takes ten times as long.
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = numberAt(bytes, index)
    const isContinuation = byte >= 0x80 && byte < 0xc0
    if (!isContinuation) isWide = byte > 0xe2 || (byte === 0xe2 && numberAt(bytes, index + 1) >= 0xba)
    if (isWide) count += 1
  }
  return count
}

/**
 * The most tokens that the client lets the answer have, for all `n` choices; undefined if it does not say. The largest
 * of the fields counts, whichever the backend looks at: a small `max_tokens` beside a large one must not buy a cheap ticket.
 */
export function declaredMaximum(fields: Readonly<Record<string, unknown>>): number | undefined {
  const most = Math.max(
    positiveOr(fields['max_tokens'], 0),
    positiveOr(fields['max_completion_tokens'], 0),
    positiveOr(fields['max_output_tokens'], 0),
  )
  return most > 0 ? Math.ceil(most * positiveOr(fields['n'], 1)) : undefined
}

function positiveOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : otherwise
}
