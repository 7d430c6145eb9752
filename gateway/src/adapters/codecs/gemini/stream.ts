import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { createSseReader, SseOverflow, type SseEvent } from '../../../lib/sse-reader.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { blockedPrompt } from './blocked-prompt.ts'
import { createChunkWriter } from './chunks.ts'
import { errorOf, hasError } from './errors.ts'
import { createStreamChoice, type StreamChoice } from './stream-choice.ts'
import { createIdMinter } from './tool-calls.ts'
import { hasCounts, toUsage } from './usage.ts'

/** A picture comes as base64 in one event. */
const MAXIMUM_EVENT_BYTES = 32 * 1024 ** 2

interface FrameReader {
  /** One `GenerateContentResponse`, or an error. Nothing follows an error. */
  read(frame: unknown): readonly StreamPiece[]
  /** The connection is closed: finish reasons, usage and the end, if all choices that began have their finishReason. */
  end(): readonly StreamPiece[]
}

/**
 * The bytes of `streamGenerateContent?alt=sse` → chunks. Gemini says no end: it is one when the connection closes after
 * each choice had its `finishReason`. A JSON body in place of events, as its errors come and as streams would without
 * `alt=sse`, is read when it is whole.
 */
export function createGenerateStreamDecoder(context: AnswerContext): StreamDecoder {
  const frames = createFrameReader(context)
  const reader = createSseReader(MAXIMUM_EVENT_BYTES)
  let broken: CodecMismatch | undefined

  /** Pieces before the place where the bytes stop to make sense come out first, however the bytes were cut: then the next call throws. */
  function decodeAll(events: () => readonly SseEvent[], lenient: boolean): StreamPiece[] {
    const pieces: StreamPiece[] = []
    try {
      for (const event of events()) pieces.push(...frameOf(event, lenient).flatMap((frame) => frames.read(frame)))
    } catch (error) {
      broken = mismatchOf(error)
    }
    if (broken !== undefined && pieces.length === 0) throw broken
    return pieces
  }

  return {
    push(bytes) {
      if (broken !== undefined) throw broken
      return decodeAll(() => reader.push(bytes), false)
    },
    flush() {
      if (broken !== undefined) throw broken
      const pieces = decodeAll(() => reader.flush(), true)
      return broken === undefined ? [...pieces, ...frames.end()] : pieces
    },
  }
}

function createFrameReader(context: AnswerContext): FrameReader {
  const chunks = createChunkWriter(context)
  const mintId = createIdMinter(context)
  const choices = new Map<number, StreamChoice>()
  let metadata: JsonObject | undefined
  let failed = false

  function choiceAt(index: number): StreamChoice {
    const choice = choices.get(index) ?? createStreamChoice({ index, context, chunks, mintId })
    choices.set(index, choice)
    return choice
  }

  function readFrame(frame: JsonObject): readonly StreamPiece[] {
    if (hasError(frame)) return [{ kind: 'error', error: errorOf(frame) }]
    // Counts add up over the frames: the last are those of the whole.
    if (hasCounts(frame['usageMetadata'])) metadata = frame['usageMetadata']
    const refusal = blockedPrompt(frame)
    if (refusal !== undefined) return choiceAt(0).refuse(refusal)
    const candidates = Array.isArray(frame['candidates']) ? frame['candidates'].filter(isObject) : []
    return candidates.flatMap((candidate, position) => choiceAt(indexOf(candidate, position)).read(candidate))
  }

  return {
    read(frame) {
      if (failed) return []
      if (!isObject(frame)) throw new CodecMismatch('An event of the stream is no JSON object')
      const pieces = readFrame(frame)
      const failure = pieces.findIndex(({ kind }) => kind === 'error')
      failed = failure >= 0
      return failed ? pieces.slice(0, failure + 1) : pieces
    },
    end() {
      const complete = choices.size > 0 && [...choices.values()].every((choice) => choice.finished())
      if (failed || !complete) return []
      const usage = toUsage(metadata)
      const ends = [...choices.values()].flatMap((choice) => choice.end())
      return [...ends, ...(usage === undefined ? [] : [chunks.usage(usage)]), { kind: 'end' }]
    },
  }
}

function indexOf({ index }: JsonObject, position: number): number {
  return typeof index === 'number' ? index : position
}

/** Frames of an event. With `lenient`, for what the closed connection left behind, half a frame is none: the missing end tells. */
function frameOf(event: SseEvent, lenient: boolean): readonly unknown[] {
  const text = (event.data ?? bareJson(event)).toString('utf8').trim()
  // Proxies add OpenAI's `[DONE]`.
  if (text === '' || text === '[DONE]') return []
  const json = parse(text)
  if (json !== undefined) return Array.isArray(json) ? json : [json]
  if (lenient || event.data === undefined) return []
  throw new CodecMismatch('An event of the stream is no JSON')
}

/** To an event reader a JSON body is one block without data. */
function bareJson({ bytes }: SseEvent): Buffer {
  return /^\s*[[{]/.test(bytes.subarray(0, 64).toString('latin1')) ? bytes : Buffer.alloc(0)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function mismatchOf(error: unknown): CodecMismatch {
  if (error instanceof CodecMismatch) return error
  if (error instanceof SseOverflow) return new CodecMismatch(error.message)
  throw error
}
