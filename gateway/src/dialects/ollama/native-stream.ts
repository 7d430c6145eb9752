import type { EventReader } from '../../endpoints/native-form.ts'
import type { StreamTap } from '../../endpoints/stream-tap.ts'
import { readUsage, type Usage } from '../../endpoints/usage.ts'
import { isObject, parseJson, type JsonObject } from '../../lib/json.ts'
import { createLineReader } from '../../lib/line-reader.ts'
import { SseOverflow, type SseEvent } from '../../lib/sse-reader.ts'

const LINE_FEED = Buffer.from('\n')
/** Keys: in a text their quotes would be escaped. Arguments of a call may hold them, so a line that does is parsed. */
const DONE = /"done"\s*:\s*true/
const ERROR = /"error"\s*:/

/** Lines of JSON as events. The last one may lack its line feed. */
export function createLinesReader(maximumLineBytes: number): EventReader {
  const lines = createLineReader()
  return {
    push(bytes) {
      const events = lines.push(bytes).flatMap(toEvent)
      if (lines.pending() > maximumLineBytes) throw new SseOverflow(maximumLineBytes)
      return events
    },
    flush: () => toEvent(lines.flush()),
  }
}

function toEvent(line: Buffer): SseEvent[] {
  if (line.toString('latin1').trim() === '') return []
  return [{ bytes: Buffer.concat([line, LINE_FEED]), data: line, name: undefined, comment: false, errorField: undefined }]
}

/** Watches Ollama's own lines go by: an ordinary one costs two searches and no JSON parse. */
export function createOllamaTap(): StreamTap {
  let pieces = 0
  let last: JsonObject | undefined
  let errorBody: Buffer | undefined
  return {
    pieces: () => pieces,
    errorBody: () => errorBody,
    complete: () => last !== undefined,
    usage: () => ollamaUsage(last),
    trailer: () => undefined,
    inspect({ data }) {
      if (data === undefined) return 'hide'
      const text = data.toString('latin1')
      if (DONE.test(text) || ERROR.test(text)) {
        const json = parsed(data)
        if (json === undefined || (typeof json['error'] === 'string' && json['error'] !== '')) {
          errorBody = data
          return 'error'
        }
        if (json['done'] === true) last = json
      }
      pieces += 1
      return 'pass'
    },
  }
}

/** Counts of zero are left out. */
export function ollamaUsage(answer: unknown): Usage | undefined {
  if (!isObject(answer)) return undefined
  return readUsage({ usage: { prompt_tokens: answer['prompt_eval_count'], completion_tokens: answer['eval_count'] } })
}

function parsed(data: Buffer): JsonObject | undefined {
  const json = parseJson(data.toString('utf8'))
  return isObject(json) ? json : undefined
}
