import type { JsonObject } from '../../../lib/json.ts'
import { toChunk } from '../canonical/answer-head.ts'
import type { AnswerContext, StreamPiece } from '../codec.ts'
import { readParts } from './answer-parts.ts'
import { toDelta, toolCallsField } from './delta.ts'
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
  /** What stands before the choice in each chunk. */
  readonly head: JsonObject
  readonly mintId: () => string
}

/** Older models write a finishReason into every frame: it is held back until the end, and the last one stands. */
export function createStreamChoice({ index, context, head, mintId }: ChoiceOptions): StreamChoice {
  const chat = context.endpoint === 'chat'
  const calls = createToolCallReader(context, mintId)
  let started = false
  let callCount = 0
  let finish: Extract<Finish, { kind: 'finished' }> | undefined

  function piece(choice: JsonObject): StreamPiece {
    return toChunk(head, { index, logprobs: null, finish_reason: null, ...choice })
  }

  function contentOf(candidate: JsonObject): readonly StreamPiece[] {
    const parts = readParts(candidate, calls)
    const content = chat ? toDelta(parts, !started, callCount) : parts.text
    started = true
    callCount += parts.toolCalls.length
    if (content === undefined || content === '') return []
    return [piece({ [chat ? 'delta' : 'text']: content, logprobs: toLogprobs(candidate) })]
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
      return chat ? [piece({ delta: { role: 'assistant', content: '', refusal } })] : []
    },
    end() {
      const rest = calls.close()
      const called = callCount + rest.length > 0
      const reason = finish?.reason === 'stop' && called ? 'tool_calls' : finish?.reason
      const last = { ...(chat ? { delta: {} } : { text: '' }), finish_reason: reason ?? null }
      return [...(rest.length === 0 ? [] : [piece({ delta: toolCallsField(rest, callCount) })]), piece(last)]
    },
  }
}
