import { isUtf8 } from 'node:buffer'
import { isObject, type JsonObject } from '../../../endpoints/call.ts'
import { isErrorBody, readUpstreamError } from '../../../errors/upstream-error-body.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { answerHead } from './answer-head.ts'
import type { ChoiceWriter } from './choice-writer.ts'
import { BROKEN_OFF, doneReasonOf } from './done-reason.ts'
import { createLineReader } from '../../../lib/line-reader.ts'
import { toUsage } from './token-usage.ts'

/** A tool's arguments come whole, in one line: a file that the model wrote, say. */
const MAXIMUM_LINE_BYTES = 16 * 1024 ** 2

type ReadLine = (line: JsonObject) => readonly StreamPiece[]

/**
 * The lines of a stream of `/api/chat` or `/api/generate` → chunks. Its proper end is a line with `done: true` and a
 * reason; whatever follows it, or an error, is passed over. A last line that is no JSON was cut off: the missing end tells.
 * Chunks that stand before nonsense in the same bytes are given first, and the CodecMismatch is thrown by the next call.
 */
export function createNdjsonDecoder(readLine: ReadLine): StreamDecoder {
  const lines = createLineReader()
  let over = false
  let mismatch: CodecMismatch | undefined

  function decode(line: Buffer, into: StreamPiece[]): void {
    if (line.length > MAXIMUM_LINE_BYTES) throw tooLong()
    // Also takes away the CR of a CRLF and a byte order mark.
    const text = line.toString('utf8').trim()
    if (text === '') return
    const json = isUtf8(line) ? parse(text) : undefined
    if (!isObject(json)) throw new CodecMismatch('A line of a stream is no JSON object')
    for (const piece of readLine(json)) {
      into.push(piece)
      over ||= piece.kind !== 'chunk'
    }
  }

  function decodeAll(bytes: Buffer, into: StreamPiece[]): void {
    for (const line of lines.push(bytes)) {
      if (over) return
      decode(line, into)
    }
    if (!over && lines.pending() > MAXIMUM_LINE_BYTES) throw tooLong()
  }

  return {
    push(bytes) {
      if (mismatch !== undefined) throw mismatch
      const pieces: StreamPiece[] = []
      try {
        if (!over) decodeAll(bytes, pieces)
      } catch (error) {
        if (!(error instanceof CodecMismatch)) throw error
        mismatch = error
        if (pieces.length === 0) throw error
      }
      return pieces
    },
    flush() {
      if (mismatch !== undefined) throw mismatch
      const rest = lines.flush()
      const pieces: StreamPiece[] = []
      if (!over && isObject(parse(rest.toString('utf8').trim()))) decode(rest, pieces)
      return pieces
    },
  }
}

/** What the lines of one stream mean. */
export function createLineDecoder(
  context: AnswerContext,
  kind: { readonly prefix: string; readonly object: string },
  writer: ChoiceWriter,
): ReadLine {
  /** Of the first line: `created` stays the same over a stream. */
  let head: JsonObject | undefined

  function chunkOf(choices: readonly JsonObject[], rest: JsonObject = {}): StreamPiece {
    return { kind: 'chunk', chunk: { ...head, choices, ...rest } }
  }

  return (line) => {
    if (isErrorBody(line)) return [{ kind: 'error', error: readUpstreamError(200, Buffer.from(JSON.stringify(line))) }]
    head ??= answerHead(line, context, kind)
    const chunks = writer.write(line).map((choice) => chunkOf([choice]))
    if (line['done'] !== true) return chunks
    const reason = doneReasonOf(line)
    if (reason === undefined) return [...chunks, { kind: 'error', error: BROKEN_OFF }]
    return [...chunks, chunkOf([writer.finish(reason)]), chunkOf([], { usage: toUsage(line) }), { kind: 'end' }]
  }
}

function tooLong(): CodecMismatch {
  return new CodecMismatch(`A line of a stream is longer than ${MAXIMUM_LINE_BYTES} bytes`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
