import { isErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { decodeInnerError } from './decode-error.ts'
import { expectedAnswerTool } from './response-format.ts'
import { finishReasonOf, readStop, refusalOf, stopSequenceOf, type Stop } from './stop-reason.ts'
import { redactedBlock, thinkingBlock } from './thinking-blocks.ts'
import { answerId, toolCallId } from './answer-ids.ts'
import { mergeUsage, NO_COUNTS, toOpenAiUsage } from './usage.ts'

interface Gathered {
  /** Undefined until a text came: OpenAI has null then. */
  text: string | undefined
  reasoning: string
  readonly thinkingBlocks: JsonObject[]
  readonly toolCalls: JsonObject[]
}

/** A whole message as a chat completion. Blocks of tools that Anthropic runs itself have no equal and are left out. */
export function decodeMessage(answer: unknown, context: AnswerContext): JsonObject {
  if (!isObject(answer)) throw new CodecMismatch('The answer is no object')
  const { content, usage } = answer
  if (answer['type'] === 'error' || (content === undefined && isErrorBody(answer))) throw new CodecFailure(decodeInnerError(answer))
  if (!Array.isArray(content)) throw new CodecMismatch('The answer has no list of content')
  const stop = readStop(answer)
  if (stop === undefined) throw new CodecMismatch('The answer has no stop_reason')
  const gathered: Gathered = { text: undefined, reasoning: '', thinkingBlocks: [], toolCalls: [] }
  for (const block of content) gatherBlock(gathered, block, context)
  return {
    id: answerId(answer, context),
    object: 'chat.completion',
    created: context.created,
    model: context.model,
    choices: [
      {
        index: 0,
        message: toMessage(gathered, stop),
        logprobs: null,
        finish_reason: finishReasonOf(stop, gathered.toolCalls.length > 0),
        ...stopSequenceOf(stop),
      },
    ],
    ...(isObject(usage) ? { usage: toOpenAiUsage(mergeUsage(NO_COUNTS, usage)) } : {}),
  }
}

function gatherBlock(gathered: Gathered, block: unknown, context: AnswerContext): void {
  if (!isObject(block)) throw new CodecMismatch('A block of the content is no object')
  switch (block['type']) {
    case 'text':
      gathered.text = (gathered.text ?? '') + textOf(block, 'text')
      break
    case 'thinking':
      gatherThinking(gathered, block)
      break
    case 'redacted_thinking':
      gathered.thinkingBlocks.push(redactedBlock(textOf(block, 'data')))
      break
    case 'tool_use':
      gatherToolUse(gathered, block, context)
      break
  }
}

function gatherThinking(gathered: Gathered, block: JsonObject): void {
  const thinking = textOf(block, 'thinking')
  const signature = block['signature']
  gathered.reasoning += thinking
  if (typeof signature === 'string' && signature !== '') gathered.thinkingBlocks.push(thinkingBlock(thinking, signature))
}

function gatherToolUse(gathered: Gathered, block: JsonObject, context: AnswerContext): void {
  const name = textOf(block, 'name')
  const input = JSON.stringify(block['input'] ?? {})
  if (name === expectedAnswerTool(context.fields)) {
    gathered.text = (gathered.text ?? '') + input
    return
  }
  const id = toolCallId(block['id'], gathered.toolCalls.length, context)
  gathered.toolCalls.push({ id, type: 'function', function: { name, arguments: input } })
}

function toMessage(gathered: Gathered, stop: Stop): JsonObject {
  return {
    role: 'assistant',
    content: gathered.text ?? null,
    refusal: refusalOf(stop),
    ...(gathered.reasoning === '' ? {} : { reasoning_content: gathered.reasoning }),
    ...(gathered.thinkingBlocks.length > 0 ? { thinking_blocks: gathered.thinkingBlocks } : {}),
    ...(gathered.toolCalls.length > 0 ? { tool_calls: gathered.toolCalls } : {}),
  }
}

function textOf(block: JsonObject, key: string): string {
  const value = block[key]
  if (typeof value !== 'string') throw new CodecMismatch(`A block of type ${String(block['type'])} has no ${key}`)
  return value
}
