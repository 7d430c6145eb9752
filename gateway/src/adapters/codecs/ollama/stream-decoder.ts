import { isUtf8 } from 'node:buffer'
import { isErrorBody } from '../../../errors/upstream-error-body.ts'
import { isObject, parseJson, type JsonObject } from '../../../lib/json.ts'
import { createLineReader } from '../../../lib/line-reader.ts'
import { toChunk, usageChunk } from '../canonical/answer-head.ts'
import { errorInside } from '../canonical/error-in-answer.ts'
import { createPieceDecoder } from '../canonical/piece-decoder.ts'
import { CodecMismatch, type AnswerContext, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { ollamaHead } from './answer-head.ts'
import type { ChoiceWriter } from './choice-writer.ts'
import { BROKEN_OFF, doneReasonOf } from './done-reason.ts'
import { toUsage } from './token-usage.ts'

/** A tool's arguments come whole, in one line: a file that the model wrote, say. */
const MAXIMUM_LINE_BYTES = 16 * 1024 ** 2

type ReadLine = (line: JsonObject) => readonly StreamPiece[]

/**
 * The lines of a stream of `/api/chat` or `/api/generate` -> chunks. Its proper end is a line with `done: true` and a
 * reason; whatever follows it, or an error, is passed over. A last line that is no JSON was cut off: the missing end tells.
 * Chunks that stand before nonsense in the same bytes are given first, and the CodecMismatch is thrown by the next call.
 */
export function createNdjsonDecoder(readLine: ReadLine): StreamDecoder {
  const lines = createLineReader()

  /** Undefined for a line that is no UTF-8: the text that it decodes to is not what was written. */
  function jsonIn(line: Buffer, text: string): unknown {
    return isUtf8(line) ? parseJson(text) : undefined
  }

  function* cut(bytes: Buffer) {
    for (const line of lines.push(bytes)) {
      if (line.length > MAXIMUM_LINE_BYTES) throw tooLong()
      const text = textIn(line)
      if (text !== '') yield jsonIn(line, text)
    }
    if (lines.pending() > MAXIMUM_LINE_BYTES) throw tooLong()
  }

  return createPieceDecoder<unknown>({
    push: cut,
    flush() {
      const rest = lines.flush()
      const text = textIn(rest)
      return isObject(parseJson(text)) ? [jsonIn(rest, text)] : []
    },
    read(json) {
      if (!isObject(json)) throw new CodecMismatch('A line of a stream is no JSON object')
      return readLine(json)
    },
  })
}

/** What the lines of one stream mean. */
export function createLineDecoder(context: AnswerContext, writer: ChoiceWriter): ReadLine {
  /** Of the first line: `created` stays the same over a stream. */
  let head: JsonObject | undefined

  return (line) => {
    if (isErrorBody(line)) return [{ kind: 'error', error: errorInside(line) }]
    head ??= ollamaHead(line, context, 'chunk')
    const chunks = writer.write(line).map((choice) => toChunk(head, choice))
    if (line['done'] !== true) return chunks
    const reason = doneReasonOf(line)
    if (reason === undefined) return [...chunks, { kind: 'error', error: BROKEN_OFF }]
    return [...chunks, toChunk(head, writer.finish(reason)), usageChunk(head, toUsage(line)), { kind: 'end' }]
  }
}

/** Also takes away the CR of a CRLF and a byte order mark. */
function textIn(line: Buffer): string {
  return line.toString('utf8').trim()
}

function tooLong(): CodecMismatch {
  return new CodecMismatch(`A line of a stream is longer than ${MAXIMUM_LINE_BYTES} bytes`)
}
