import { dataOf } from '../sse-data.ts'
import { isRecord } from './answer-wire.ts'

/**
 * `whole`: everything, and said to be so · `told`: an error event, and no [DONE] · `unfinished`: it looks like an
 * answer and is none, which no client can tell from a whole one.
 */
export type Received = 'whole' | 'told' | 'unfinished'

/** What a stream that ended in order gave its client, held against the text that was sent. */
export function judgeStream(text: string, sent: string): Received {
  const events = dataOf(text)
  const values = events.filter((data) => data !== '[DONE]').map(parsed)
  const done = events.at(-1) === '[DONE]'
  if (values.some((value) => isRecord(value) && isRecord(value['error']))) return done ? 'unfinished' : 'told'
  const choices = values.map(firstChoice)
  const content = choices.map(({ delta }) => (isRecord(delta) && typeof delta['content'] === 'string' ? delta['content'] : '')).join('')
  const finished = choices.some((choice) => choice['finish_reason'] === 'stop')
  return done && finished && content === sent ? 'whole' : 'unfinished'
}

/** The text of a chat answer in one piece; undefined where it is none. */
export function contentOf(text: string): string | undefined {
  const { message } = firstChoice(parsed(text))
  return isRecord(message) && typeof message['content'] === 'string' ? message['content'] : undefined
}

/** Undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function firstChoice(value: unknown): Record<string, unknown> {
  const choices = isRecord(value) && Array.isArray(value['choices']) ? value['choices'] : []
  const first: unknown = choices[0]
  return isRecord(first) ? first : {}
}
