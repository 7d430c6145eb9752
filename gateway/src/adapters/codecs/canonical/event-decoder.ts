import { isObject, parseJson, type JsonObject } from '../../../lib/json.ts'
import { createSseReader, SseOverflow, type SseEvent } from '../../../lib/sse-reader.ts'
import { CodecMismatch, type StreamDecoder, type StreamPiece } from '../codec.ts'
import { createPieceDecoder } from './piece-decoder.ts'

export interface JsonEvents {
  readonly maximumEventBytes: number
  /** One event, whose data is an object. `name`: of its `event:` line. */
  read(event: JsonObject, name: string | undefined): readonly StreamPiece[]
  /** For formats without an end of their own: the connection has closed, and no error was among the pieces. */
  close?(): readonly StreamPiece[]
  /** The backend may send a JSON body in place of events, or a list of what would be events: all of them are read. */
  readonly takesBody?: boolean
}

interface Unit {
  readonly value: unknown
  readonly name: string | undefined
  /** It counts whatever it says; else only as the end of the answer, or an error. */
  readonly counts: boolean
}

/** No part of these formats, but some servers and proxies send it. */
const DONE = '[DONE]'

/**
 * Events with JSON as their data -> pieces. The last event may have been cut off together with the connection: without
 * its blank line it counts only if it is a whole object, and only as the end of the answer or an error, unless the format
 * has no end of its own. Else it is none, and the missing end tells.
 */
export function createEventDecoder({ maximumEventBytes, read, close, takesBody = false }: JsonEvents): StreamDecoder {
  const reader = createSseReader(maximumEventBytes)

  function unitsOf(event: SseEvent, counts: boolean): readonly Unit[] {
    const text = dataOf(event, takesBody)
    if (text === '' || text === DONE) return []
    const json = parseJson(text)
    // What looks like a body may be something else between events.
    if (json === undefined && event.data === undefined) return []
    const values: readonly unknown[] = takesBody && Array.isArray(json) ? json : [json]
    return values.map((value) => ({ value, name: event.name, counts }))
  }

  return createPieceDecoder<Unit>({
    push: (bytes) => bounded(() => reader.push(bytes)).flatMap((event) => unitsOf(event, true)),
    flush() {
      const units = bounded(() => reader.flush()).flatMap((event) => unitsOf(event, close !== undefined))
      return units.filter(({ value }) => isObject(value))
    },
    read({ value, name, counts }) {
      if (!isObject(value)) throw new CodecMismatch('An event of the stream is no JSON object')
      const pieces = read(value, name)
      return counts || pieces.some(({ kind }) => kind !== 'chunk') ? pieces : []
    },
    ...(close === undefined ? {} : { close }),
  })
}

function dataOf(event: SseEvent, takesBody: boolean): string {
  const data = event.data ?? (takesBody ? bodyIn(event) : undefined)
  return data === undefined ? '' : data.toString('utf8').trim()
}

/** To an event reader a JSON body is one block without data. */
function bodyIn({ bytes }: SseEvent): Buffer | undefined {
  return /^\s*[[{]/.test(bytes.subarray(0, 64).toString('latin1')) ? bytes : undefined
}

function bounded(events: () => readonly SseEvent[]): readonly SseEvent[] {
  try {
    return events()
  } catch (error) {
    throw error instanceof SseOverflow ? new CodecMismatch(error.message) : error
  }
}
