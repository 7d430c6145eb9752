import { objectsIn, type JsonObject } from '../../../lib/json.ts'
import { answerHead } from '../canonical/answer-head.ts'
import { answerMessage } from '../canonical/answer-message.ts'
import { CodecFailure, CodecMismatch, type AnswerContext } from '../codec.ts'
import { readParts, type AnswerParts } from './answer-parts.ts'
import { blockedPrompt } from './blocked-prompt.ts'
import { answerOf } from './errors.ts'
import { finishOf } from './finish-reason.ts'
import { toLogprobs } from './log-probabilities.ts'
import { signed } from './signature.ts'
import { createIdMinter, createToolCallReader } from './tool-calls.ts'
import { toUsage } from './usage.ts'

/**
 * A whole answer -> a chat completion or a completion. A blocked prompt is one choice that ends with `content_filter`.
 * Throws a CodecFailure for an error in the answer and for a candidate that failed, a CodecMismatch for an answer
 * without candidates or with one that has no end.
 */
export function decodeGenerate(answer: unknown, context: AnswerContext): JsonObject {
  const root = answerOf(answer)
  const usage = toUsage(root['usageMetadata'])
  return {
    ...answerHead(context, 'whole'),
    choices: choicesOf(root, context),
    ...(usage === undefined ? {} : { usage }),
  }
}

function choicesOf(root: JsonObject, context: AnswerContext): readonly JsonObject[] {
  const refusal = blockedPrompt(root)
  if (refusal !== undefined) return [refusedChoice(refusal, context)]
  const candidates = objectsIn(root['candidates'])
  if (candidates.length === 0) throw new CodecMismatch('The answer has no candidates')
  const mintId = createIdMinter(context)
  return candidates.map((candidate, position) => toChoice(candidate, { position, context, mintId }))
}

interface Place {
  readonly position: number
  readonly context: AnswerContext
  readonly mintId: () => string
}

function toChoice(candidate: JsonObject, { position, context, mintId }: Place): JsonObject {
  const calls = createToolCallReader(context, mintId)
  const read = readParts(candidate, calls)
  const parts = { ...read, toolCalls: [...read.toolCalls, ...calls.close()] }
  const finish = finishOf(candidate, parts.toolCalls.length > 0)
  if (finish === undefined) throw new CodecMismatch('A candidate has no finishReason')
  if (finish.kind === 'failed') throw new CodecFailure(finish.error)
  const index = typeof candidate['index'] === 'number' ? candidate['index'] : position
  const end = { logprobs: toLogprobs(candidate), finish_reason: finish.reason }
  return context.endpoint === 'chat' ? { index, message: toMessage(parts), ...end } : { index, text: parts.text, ...end }
}

function toMessage({ text, reasoning, toolCalls, images, signature }: AnswerParts): JsonObject {
  return {
    ...answerMessage({ text, reasoning, calls: toolCalls }),
    ...(images.length === 0 ? {} : { images }),
    ...signed(signature),
  }
}

function refusedChoice(refusal: string, { endpoint }: AnswerContext): JsonObject {
  const end = { logprobs: null, finish_reason: 'content_filter' }
  return endpoint === 'chat'
    ? { index: 0, message: answerMessage({ text: undefined, refusal, reasoning: '', calls: [] }), ...end }
    : { index: 0, text: '', ...end }
}
