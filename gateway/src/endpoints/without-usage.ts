import { editMembers, scanMembers } from '../lib/json-members.ts'
import type { SseEvent } from '../lib/sse-reader.ts'
import { isObject } from '../lib/json.ts'

const USAGE_KEY = Buffer.from('"usage"')
/** How OpenAI and its imitators end each ordinary chunk once usage was asked for. */
const EMPTY_TAIL = Buffer.from(',"usage":null}')
const CLOSE = Buffer.from('}')
const EVENT_END = Buffer.from('\n\n')

/**
 * The event's bytes without the top-level `usage` of its JSON, for a client that did not ask; undefined when there is
 * none. `data` is the event's data without white space around it.
 */
export function withoutUsage(event: SseEvent, data: Buffer): Buffer | undefined {
  if (data.indexOf(USAGE_KEY) < 0) return undefined
  const rest = data.subarray(-EMPTY_TAIL.length).equals(EMPTY_TAIL)
    ? Buffer.concat([data.subarray(0, -EMPTY_TAIL.length), CLOSE])
    : dropUsage(data)
  return rest && framed(event, data, rest)
}

function dropUsage(data: Buffer): Buffer | undefined {
  try {
    const json: unknown = JSON.parse(data.toString('utf8'))
    if (!isObject(json) || !Object.hasOwn(json, 'usage')) return undefined
    return editMembers(data, scanMembers(data, Number.POSITIVE_INFINITY), [{ kind: 'drop', key: 'usage' }])
  } catch {
    return undefined
  }
}

/** Other lines of the event stay; data that was spread over several lines is framed anew. */
function framed({ bytes }: SseEvent, data: Buffer, rest: Buffer): Buffer {
  const at = bytes.indexOf(data)
  if (at >= 0) return Buffer.concat([bytes.subarray(0, at), rest, bytes.subarray(at + data.length)])
  return Buffer.concat([Buffer.from(`data: ${rest.toString('utf8').replaceAll('\n', '\ndata: ')}`), EVENT_END])
}
