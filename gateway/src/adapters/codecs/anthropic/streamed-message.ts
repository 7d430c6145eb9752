import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'
import { answerHead, toChunk, usageChunk } from '../canonical/answer-head.ts'
import { CodecMismatch, type AnswerContext, type StreamPiece } from '../codec.ts'
import { isCall, openBlock, type OpenBlock } from './open-block.ts'
import { expectedAnswerTool } from './response-format.ts'
import { finishReasonOf, readStop, refusalOf, stopSequenceOf, type Stop } from './stop-reason.ts'
import { mergeUsage, NO_COUNTS, toOpenAiUsage } from './usage.ts'

/** A message as far as it has been streamed. Each event gives the pieces that it means. */
export interface StreamedMessage {
  start(event: JsonObject): StreamPiece[]
  startBlock(event: JsonObject): StreamPiece[]
  continueBlock(event: JsonObject): StreamPiece[]
  stopBlock(event: JsonObject): StreamPiece[]
  /** A `message_delta`: how it ends, and what it cost. */
  conclude(event: JsonObject): StreamPiece[]
  /** The finish reason, the usage and the end, which wait for `message_stop`: a cut stream never looks complete. */
  end(): StreamPiece[]
}

export function createStreamedMessage(context: AnswerContext): StreamedMessage {
  const answerTool = expectedAnswerTool(context.fields)
  const open = new Map<unknown, OpenBlock>()
  let head: JsonObject | undefined
  let begun = false
  let calls = 0
  let counts = NO_COUNTS
  let stop: Stop | undefined

  function delta(delta: JsonObject): StreamPiece {
    return toChunk(head, { index: 0, delta, logprobs: null, finish_reason: null })
  }

  /** A server may leave `message_start` out. */
  function address(message: unknown): void {
    head ??= answerHead(context, 'chunk', { id: isObject(message) ? textOf(message['id']) : undefined })
  }

  /** Says who speaks, once, before anything else, but not before there is anything: until then another backend can be asked. */
  function begin(): StreamPiece[] {
    if (begun) return []
    begun = true
    return [delta({ role: 'assistant', content: '' })]
  }

  function speak(deltas: readonly JsonObject[]): StreamPiece[] {
    return deltas.length === 0 ? [] : [...begin(), ...deltas.map(delta)]
  }

  return {
    start({ message }) {
      counts = mergeUsage(counts, isObject(message) ? message['usage'] : undefined)
      address(message)
      return []
    },
    startBlock({ index, content_block: block }) {
      if (!isObject(block)) throw new CodecMismatch('A content_block_start has no content_block')
      const place = { context, toolIndex: calls, answerTool }
      const opened = openBlock(block, place)
      if (isCall(block, place)) calls += 1
      open.set(index, opened)
      address(undefined)
      return speak(opened.start())
    },
    continueBlock({ index, delta: piece }) {
      const block = open.get(index)
      if (block === undefined || !isObject(piece)) throw new CodecMismatch('A content_block_delta belongs to no open block')
      return speak(block.delta(piece))
    },
    stopBlock({ index }) {
      const block = open.get(index)
      open.delete(index)
      return speak(block?.stop() ?? [])
    },
    conclude({ delta: told, usage }) {
      counts = mergeUsage(counts, usage)
      stop = (isObject(told) ? readStop(told) : undefined) ?? stop
      return []
    },
    end() {
      if (stop === undefined) throw new CodecMismatch('A message_stop came before any stop_reason')
      const refusal = refusalOf(stop)
      const finish = finishReasonOf(stop, calls > 0)
      const choice = {
        index: 0,
        delta: refusal === null ? {} : { refusal },
        logprobs: null,
        finish_reason: finish,
        ...stopSequenceOf(stop),
      }
      address(undefined)
      return [...begin(), toChunk(head, choice), usageChunk(head, toOpenAiUsage(counts)), { kind: 'end' }]
    },
  }
}
