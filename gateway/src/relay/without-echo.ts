import { isObject } from '../lib/json.ts'
import type { Call } from '../endpoints/call.ts'

/** A run of this many characters that stands in the request as well is taken for the client's own words. */
const RUN = 8
/** Requests with more text than this are not compared: under a storm of failures that would cost more than it tells. */
const COMPARED_CHARACTERS = 32 * 1024
const WITHHELD = '(its text is withheld: it could repeat the request)'

/**
 * What a backend says of its failure, for the log, without what it repeats of the request: prompts must not reach a
 * log by way of an error that quotes them. `message` is bounded by its reader.
 */
export function withoutEcho(message: string, call: Call): string {
  const said = textOf(call)
  if (said.length > COMPARED_CHARACTERS) return WITHHELD
  let result = ''
  let at = 0
  while (at < message.length) {
    const run = message.slice(at, at + RUN)
    if (run.length < RUN || !said.includes(run)) {
      result += message[at] ?? ''
      at += 1
      continue
    }
    let end = at + RUN
    while (end < message.length && said.includes(message.slice(end - RUN + 1, end + 1))) end += 1
    result += '…'
    at = end
  }
  return result
}

function textOf(call: Call): string {
  return call.kind === 'json' ? textsIn(call.fields).join('\n') : [...call.upload.fields.values()].join('\n')
}

/** All texts in a JSON value but the model's name, which is no secret. Depth is bounded by the parser. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isObject(value) ? Object.entries(value).flatMap(([key, inner]) => (key === 'model' ? [] : textsIn(inner))) : []
}
