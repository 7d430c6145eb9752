import { objectsIn, type JsonObject } from '../../../lib/json.ts'
import { answerHead, usageChunk } from '../canonical/answer-head.ts'
import { createEventDecoder } from '../canonical/event-decoder.ts'
import type { AnswerContext, StreamDecoder, StreamPiece } from '../codec.ts'
import { blockedPrompt } from './blocked-prompt.ts'
import { errorOf, hasError } from './errors.ts'
import { createStreamChoice, type StreamChoice } from './stream-choice.ts'
import { createIdMinter } from './tool-calls.ts'
import { hasCounts, toUsage } from './usage.ts'

/** A picture comes as base64 in one event. */
const MAXIMUM_EVENT_BYTES = 32 * 1024 ** 2

interface FrameReader {
  /** One `GenerateContentResponse`, or an error. */
  read(frame: JsonObject): readonly StreamPiece[]
  /** The connection is closed: finish reasons, usage and the end, if all choices that began have their finishReason. */
  end(): readonly StreamPiece[]
}

/**
 * The bytes of `streamGenerateContent?alt=sse` -> chunks. Gemini says no end: it is one when the connection closes after
 * each choice had its `finishReason`. A JSON body in place of events, as its errors come and as streams would without
 * `alt=sse`, is read when it is whole.
 */
export function createGenerateStreamDecoder(context: AnswerContext): StreamDecoder {
  const frames = createFrameReader(context)
  return createEventDecoder({ maximumEventBytes: MAXIMUM_EVENT_BYTES, read: frames.read, close: frames.end, takesBody: true })
}

function createFrameReader(context: AnswerContext): FrameReader {
  const head = answerHead(context, 'chunk')
  const mintId = createIdMinter(context)
  const choices = new Map<number, StreamChoice>()
  let metadata: JsonObject | undefined

  function choiceAt(index: number): StreamChoice {
    const choice = choices.get(index) ?? createStreamChoice({ index, context, head, mintId })
    choices.set(index, choice)
    return choice
  }

  function readFrame(frame: JsonObject): readonly StreamPiece[] {
    if (hasError(frame)) return [{ kind: 'error', error: errorOf(frame) }]
    // Counts add up over the frames: the last are those of the whole.
    if (hasCounts(frame['usageMetadata'])) metadata = frame['usageMetadata']
    const refusal = blockedPrompt(frame)
    if (refusal !== undefined) return choiceAt(0).refuse(refusal)
    const candidates = objectsIn(frame['candidates'])
    return candidates.flatMap((candidate, position) => choiceAt(indexOf(candidate, position)).read(candidate))
  }

  return {
    read: readFrame,
    end() {
      const complete = choices.size > 0 && [...choices.values()].every((choice) => choice.finished())
      if (!complete) return []
      const usage = toUsage(metadata)
      const ends = [...choices.values()].flatMap((choice) => choice.end())
      return [...ends, ...(usage === undefined ? [] : [usageChunk(head, usage)]), { kind: 'end' }]
    },
  }
}

function indexOf({ index }: JsonObject, position: number): number {
  return typeof index === 'number' ? index : position
}
