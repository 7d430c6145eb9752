import { isObject, objectsIn, type JsonObject } from '../../lib/json.ts'
import { optionalList, type Placed } from '../canonical/field-checks.ts'
import { systemText } from './request-messages.ts'
import { readBlocks, readTurns } from './request-turns.ts'

/** Of a script with thousands of signs each has a token of its own, whatever the model's ratio. */
const WIDE_BYTES_PER_TOKEN = 3
/** Where such scripts begin: the CJK radicals. */
const FIRST_WIDE = 0x2e80
/** What a chat template puts around a turn: about a role's name and two marks. */
const TOKENS_PER_TURN = 4
/** Anthropic's figure for an image at the size to which it shrinks large ones. */
const TOKENS_PER_IMAGE = 1_600
/** A page of a PDF costs up to 3,000 tokens and takes some 60 KB; the pages can't be counted without reading it. */
const TOKENS_PER_PDF_PAGE = 3_000
const BASE64_PER_PDF_PAGE = 80_000

/**
 * An estimate for `count_tokens`: tokens of `system`, `messages` and `tools`, as text is at `bytesPerToken` (> 0),
 * images and PDFs by rules of thumb. Throws a GatewayError that names the field.
 */
export function countTokens(fields: JsonObject, bytesPerToken: number): number {
  const turns = readTurns(fields['messages'])
  const sums = [
    ofText(systemText(readBlocks(fields['system'], 'system'))),
    ...turns.flatMap(({ blocks }) => blocks.map(ofBlock)),
    ...objectsIn(optionalList(fields['tools'], 'tools')).map((tool) => ofText(JSON.stringify(withoutCacheMark(tool)))),
  ]
  let tokens = turns.length * TOKENS_PER_TURN
  let bytes = 0
  let wideBytes = 0
  for (const sum of sums) {
    tokens += sum.tokens
    bytes += sum.bytes
    wideBytes += sum.wideBytes
  }
  return Math.ceil(tokens + (bytes - wideBytes) / bytesPerToken + wideBytes / WIDE_BYTES_PER_TOKEN)
}

interface Sum {
  readonly tokens: number
  /** Of text in UTF-8, and how many of them belong to wide signs. */
  readonly bytes: number
  readonly wideBytes: number
}

function ofBlock({ value: block, path }: Placed): Sum {
  const { type, text, thinking, source, content } = block
  if (typeof text === 'string') return ofText(text)
  if (typeof thinking === 'string') return ofText(thinking)
  if (type === 'image') return ofTokens(TOKENS_PER_IMAGE)
  if (type === 'document' && isObject(source)) return ofDocument(source, path)
  if (type === 'tool_result') return added(readBlocks(content, `${path}.content`).map(ofBlock))
  return ofText(JSON.stringify(withoutCacheMark(block)))
}

function ofDocument(source: JsonObject, path: string): Sum {
  const { type, data, content } = source
  if (type === 'content') return added(readBlocks(content, `${path}.source.content`).map(ofBlock))
  if (type === 'text' && typeof data === 'string') return ofText(data)
  const length = typeof data === 'string' ? data.length : 1
  return ofTokens(Math.ceil(length / BASE64_PER_PDF_PAGE) * TOKENS_PER_PDF_PAGE)
}

function ofTokens(tokens: number): Sum {
  return { tokens, bytes: 0, wideBytes: 0 }
}

/** By code units: encoding a megabyte of prompt to count it would cost more than the count. */
function ofText(text: string): Sum {
  let bytes = 0
  let wideBytes = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else {
      const pair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
      const size = pair ? 4 : 3
      bytes += size
      if (unit >= FIRST_WIDE) wideBytes += size
      if (pair) index += 1
    }
  }
  return { tokens: 0, bytes, wideBytes }
}

function added(sums: readonly Sum[]): Sum {
  return sums.reduce(
    (all, one) => ({ tokens: all.tokens + one.tokens, bytes: all.bytes + one.bytes, wideBytes: all.wideBytes + one.wideBytes }),
    ofTokens(0),
  )
}

function withoutCacheMark({ cache_control: _mark, ...rest }: JsonObject): JsonObject {
  return rest
}
