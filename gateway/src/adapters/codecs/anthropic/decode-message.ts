import { isErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { answerHead } from '../canonical/answer-head.ts'
import { answerMessage } from '../canonical/answer-message.ts'
import { errorInside } from '../canonical/error-in-answer.ts'
import { callId, toFunctionCall } from '../canonical/function-call.ts'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { decodeError } from './decode-error.ts'
import { expectedAnswerTool } from './response-format.ts'
import { finishReasonOf, readStop, refusalOf, stopSequenceOf, type Stop } from './stop-reason.ts'
import { redactedBlock, thinkingBlock } from './thinking-blocks.ts'
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
  if (answer['type'] === 'error' || (content === undefined && isErrorBody(answer))) throw new CodecFailure(errorInside(answer, decodeError))
  if (!Array.isArray(content)) throw new CodecMismatch('The answer has no list of content')
  const stop = readStop(answer)
  if (stop === undefined) throw new CodecMismatch('The answer has no stop_reason')
  const gathered: Gathered = { text: undefined, reasoning: '', thinkingBlocks: [], toolCalls: [] }
  for (const block of content) gatherBlock(gathered, block, context)
  return {
    ...answerHead(context, 'whole', { id: textOf(answer['id']) }),
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
      gathered.text = (gathered.text ?? '') + stringIn(block, 'text')
      break
    case 'thinking':
      gatherThinking(gathered, block)
      break
    case 'redacted_thinking':
      gathered.thinkingBlocks.push(redactedBlock(stringIn(block, 'data')))
      break
    case 'tool_use':
      gatherToolUse(gathered, block, context)
      break
  }
}

function gatherThinking(gathered: Gathered, block: JsonObject): void {
  const thinking = stringIn(block, 'thinking')
  const signature = textOf(block['signature'])
  gathered.reasoning += thinking
  if (signature !== undefined) gathered.thinkingBlocks.push(thinkingBlock(thinking, signature))
}

function gatherToolUse(gathered: Gathered, block: JsonObject, context: AnswerContext): void {
  const name = stringIn(block, 'name')
  const input = JSON.stringify(block['input'] ?? {})
  if (name === expectedAnswerTool(context.fields)) {
    gathered.text = (gathered.text ?? '') + input
    return
  }
  const id = callId(block['id'], gathered.toolCalls.length, context)
  gathered.toolCalls.push(toFunctionCall(id, name, input))
}

function toMessage({ text, reasoning, thinkingBlocks, toolCalls }: Gathered, stop: Stop): JsonObject {
  return {
    ...answerMessage({ text, refusal: refusalOf(stop), reasoning, calls: toolCalls }),
    ...(thinkingBlocks.length > 0 ? { thinking_blocks: thinkingBlocks } : {}),
  }
}

function stringIn(block: JsonObject, key: string): string {
  const value = block[key]
  if (typeof value !== 'string') throw new CodecMismatch(`A block of type ${String(block['type'])} has no ${key}`)
  return value
}
