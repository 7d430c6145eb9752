import { isObject, stringOf, type JsonObject } from '../../../lib/json.ts'
import { argumentsDelta, callId, toFunctionCall } from '../canonical/function-call.ts'
import { CodecMismatch, type AnswerContext } from '../codec.ts'
import { redactedBlock, thinkingBlock } from './thinking-blocks.ts'

/** One content block of a stream while it is open. Each step gives the canonical deltas that it means. */
export interface OpenBlock {
  /** What came with the block's start. */
  start(): JsonObject[]
  delta(delta: JsonObject): JsonObject[]
  stop(): JsonObject[]
}

export interface BlockPlace {
  readonly context: AnswerContext
  /** Calls before this one: OpenAI counts calls, Anthropic blocks. */
  readonly toolIndex: number
  readonly answerTool: string | undefined
}

/** Thinking that is longer is still told as it comes, but not kept to be sent back whole. */
const MAXIMUM_KEPT = 4 * 1024 ** 2

/** A block of a kind that has no equal: its events mean nothing. */
const IGNORED: OpenBlock = { start: () => [], delta: () => [], stop: () => [] }

export function openBlock(block: JsonObject, place: BlockPlace): OpenBlock {
  switch (block['type']) {
    case 'text':
      return textBlock(block)
    case 'thinking':
      return thinkingOf(block)
    case 'redacted_thinking':
      return redactedOf(block)
    case 'tool_use':
      return isAnswer(block, place) ? answerBlock(block) : toolBlock(block, place)
    default:
      return IGNORED
  }
}

export function isCall(block: JsonObject, place: BlockPlace): boolean {
  return block['type'] === 'tool_use' && !isAnswer(block, place)
}

function isAnswer(block: JsonObject, place: BlockPlace): boolean {
  return place.answerTool !== undefined && block['name'] === place.answerTool
}

function textBlock(block: JsonObject): OpenBlock {
  return {
    start: () => contentDelta(block['text']),
    delta: (delta) => (delta['type'] === 'text_delta' ? contentDelta(delta['text']) : []),
    stop: () => [],
  }
}

function thinkingOf(block: JsonObject): OpenBlock {
  let thinking = ''
  let signature = stringOf(block['signature'])
  function take(text: unknown): JsonObject[] {
    const piece = stringOf(text)
    if (thinking.length <= MAXIMUM_KEPT) thinking += piece
    return piece === '' ? [] : [{ reasoning_content: piece }]
  }
  return {
    start: () => take(block['thinking']),
    delta(delta) {
      if (delta['type'] === 'signature_delta') signature = stringOf(delta['signature'])
      return delta['type'] === 'thinking_delta' ? take(delta['thinking']) : []
    },
    stop: () => (signature === '' || thinking.length > MAXIMUM_KEPT ? [] : [{ thinking_blocks: [thinkingBlock(thinking, signature)] }]),
  }
}

function redactedOf(block: JsonObject): OpenBlock {
  return { ...IGNORED, start: () => [{ thinking_blocks: [redactedBlock(stringOf(block['data']))] }] }
}

/** The answer in a schema, which came as a call of our own tool: its input is the text. */
function answerBlock(block: JsonObject): OpenBlock {
  const input = inputReader(block['input'])
  return {
    start: () => [],
    delta: (delta) => input.take(delta).flatMap(contentDelta),
    stop: () => input.rest().flatMap(contentDelta),
  }
}

function toolBlock(block: JsonObject, { toolIndex: index, context }: BlockPlace): OpenBlock {
  const { name } = block
  if (typeof name !== 'string') throw new CodecMismatch('A tool call of the stream has no name')
  const input = inputReader(block['input'])
  const more = (text: string): JsonObject => argumentsDelta(index, text)
  return {
    start: () => [{ tool_calls: [{ index, ...toFunctionCall(callId(block['id'], index, context), name, '') }] }],
    delta: (delta) => input.take(delta).map(more),
    stop: () => input.rest().map(more),
  }
}

/** Pieces of JSON; a server that sends none has told the whole input with the start, or there is none. */
function inputReader(whole: unknown): { take(delta: JsonObject): string[]; rest(): string[] } {
  let came = false
  return {
    take(delta) {
      const piece = delta['type'] === 'input_json_delta' ? stringOf(delta['partial_json']) : ''
      came ||= piece !== ''
      return piece === '' ? [] : [piece]
    },
    rest: () => (came ? [] : [JSON.stringify(isObject(whole) ? whole : {})]),
  }
}

function contentDelta(text: unknown): JsonObject[] {
  return typeof text === 'string' && text !== '' ? [{ content: text }] : []
}
