import type { StreamTap } from '../../endpoints/stream-tap.ts'
import { readUsage, type Usage } from '../../endpoints/usage.ts'
import { isObject, parseJson } from '../../lib/json.ts'

/**
 * Watches a stream of Anthropic's own events go by: an ordinary one costs a look at its name. What only opens the
 * stream is held until there is something of the answer, so that an error that follows can still be answered elsewhere.
 */
export function createMessagesTap(): StreamTap {
  let pieces = 0
  let ended = false
  let held: readonly Buffer[] = []
  let opening: Buffer | undefined
  let closing: Buffer | undefined
  let errorBody: Buffer | undefined

  return {
    pieces: () => pieces,
    errorBody: () => errorBody,
    complete: () => ended,
    usage: () => usageIn(opening, closing),
    trailer: () => undefined,
    inspect({ name, data, bytes }) {
      if (data === undefined) return 'pass'
      if (name === 'error') {
        errorBody = data
        return 'error'
      }
      if (name === 'message_start') opening = data
      if (name === 'message_delta') closing = data
      if (name === 'message_stop') ended = true
      if (pieces === 0 && (name === 'message_start' || name === 'ping' || name === 'content_block_start')) {
        held = [...held, bytes]
        return 'hide'
      }
      pieces += 1
      if (held.length === 0) return 'pass'
      const all = Buffer.concat([...held, bytes])
      held = []
      return all
    },
  }
}

/** The first event tells the prompt's tokens, the last one all of the answer's so far. */
function usageIn(opening: Buffer | undefined, closing: Buffer | undefined): Usage | undefined {
  const start = parsed(opening)
  const message = isObject(start) && isObject(start['message']) ? start['message']['usage'] : undefined
  const end = parsed(closing)
  const last = isObject(end) && isObject(end['usage']) ? end['usage'] : {}
  return messagesUsage({ usage: { ...(isObject(message) ? message : {}), ...last } })
}

/** Anthropic counts the cached part of a prompt apart; here it is part of the prompt. */
export function messagesUsage(answer: unknown): Usage | undefined {
  const usage = isObject(answer) ? answer['usage'] : undefined
  if (!isObject(usage)) return undefined
  const { input_tokens: input, cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage
  const sum = [input, read, written].reduce<number>((all, part) => all + (typeof part === 'number' ? part : 0), 0)
  return readUsage({
    usage: { input_tokens: sum, output_tokens: usage['output_tokens'], input_tokens_details: { cached_tokens: read } },
  })
}

function parsed(data: Buffer | undefined): unknown {
  return data === undefined ? undefined : parseJson(data.toString('utf8'))
}
