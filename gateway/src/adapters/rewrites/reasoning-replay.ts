import type { Rewrite } from '@jairouter/contract/adapter'
import type { JsonObject } from '../../lib/json.ts'
import { readReasoning } from '../repairs/reasoning-field.ts'

export type Replay = Rewrite['messages']['reasoning'][string]

export interface ReplayContext {
  readonly replay: Replay
  /** The message is newer than the last one of the user: it belongs to the turn that goes on. */
  readonly current: boolean
}

/** A message of the history with its reasoning where the backend wants it; the same object where nothing changes. */
export function replayReasoning(message: JsonObject, { replay, current }: ReplayContext): JsonObject {
  if (message['role'] !== 'assistant') return message
  const text = readReasoning(message)
  switch (replay) {
    case 'strip':
      return withReasoning(message, undefined)
    case 'turn':
      return withReasoning(message, current ? text : undefined)
    case 'keep':
      return withReasoning(message, text)
    case 'fill':
      return withReasoning(message, text ?? '')
    case 'tags':
      return text === undefined ? withReasoning(message, undefined) : withTags(message, text)
  }
}

/** In `reasoning_content` and nowhere else. */
function withReasoning(message: JsonObject, text: string | undefined): JsonObject {
  const { reasoning_content: content, reasoning: _plain, reasoning_details: _details, ...others } = message
  if (content === text && !('reasoning' in message) && !('reasoning_details' in message)) return message
  return text === undefined ? others : { ...others, reasoning_content: text }
}

/** As the model had written it, as far as that is known. */
function withTags(message: JsonObject, text: string): JsonObject {
  const { content } = message
  const stripped = withReasoning(message, undefined)
  const thought = `<think>\n${text}${text.endsWith('\n') ? '' : '\n'}</think>\n\n`
  if (Array.isArray(content)) return { ...stripped, content: [{ type: 'text', text: thought }, ...(content as readonly unknown[])] }
  return { ...stripped, content: `${thought}${typeof content === 'string' ? content : ''}` }
}
