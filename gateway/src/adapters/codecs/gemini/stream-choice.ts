import type { JsonObject } from '../../../endpoints/call.ts'
import type { AnswerContext, StreamPiece } from '../codec.ts'
import { readParts } from './answer-parts.ts'
import { toDelta, toolCallsField, type ChunkWriter } from './chunks.ts'
import { finishOf, type Finish } from './finish-reason.ts'
import { toLogprobs } from './log-probabilities.ts'
import { createToolCallReader } from './tool-calls.ts'

/** One choice of a streamed answer. */
export interface StreamChoice {
  /** The candidate of a frame. */
  read(candidate: JsonObject): readonly StreamPiece[]
  /** The prompt was blocked: the choice is this refusal. */
  refuse(refusal: string): readonly StreamPiece[]
  /** A finishReason was seen. */
  finished(): boolean
  /** What ends the choice, once nothing can follow. */
  end(): readonly StreamPiece[]
}

interface ChoiceOptions {
  readonly index: number
  readonly context: AnswerContext
  readonly chunks: ChunkWriter
  readonly mintId: () => string
}

/** Older models write a finishReason into every frame: it is held back until the end, and the last one stands. */
export function createStreamChoice({ index, context, chunks, mintId }: ChoiceOptions): StreamChoice {
  const chat = context.endpoint === 'chat'
  const calls = createToolCallReader(context, mintId)
  let started = false
  let callCount = 0
  let finish: Extract<Finish, { kind: 'finished' }> | undefined

  function contentOf(candidate: JsonObject): readonly StreamPiece[] {
    const parts = readParts(candidate, calls)
    const content = chat ? toDelta(parts, !started, callCount) : parts.text
    started = true
    callCount += parts.toolCalls.length
    if (content === undefined || content === '') return []
    return [chunks.piece({ index, [chat ? 'delta' : 'text']: content, logprobs: toLogprobs(candidate) })]
  }

  return {
    finished: () => finish !== undefined,
    read(candidate) {
      const content = contentOf(candidate)
      const seen = finishOf(candidate, false)
      if (seen?.kind === 'failed') return [...content, { kind: 'error', error: seen.error }]
      finish = seen ?? finish
      return content
    },
    refuse(refusal) {
      finish = { kind: 'finished', reason: 'content_filter' }
      return chat ? [chunks.piece({ index, delta: { role: 'assistant', content: '', refusal } })] : []
    },
    end() {
      const rest = calls.close()
      const called = callCount + rest.length > 0
      const reason = finish?.reason === 'stop' && called ? 'tool_calls' : finish?.reason
      const last = { index, ...(chat ? { delta: {} } : { text: '' }), finish_reason: reason ?? null }
      return [...(rest.length === 0 ? [] : [chunks.piece({ index, delta: toolCallsField(rest, callCount) })]), chunks.piece(last)]
    },
  }
}
