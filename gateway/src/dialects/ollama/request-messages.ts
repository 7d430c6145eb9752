import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { assistantMessage, textBesideCalls } from '../canonical/assistant-message.ts'
import { invalid, missing, optionalString, placedIn } from '../canonical/field-checks.ts'
import { contentOf, textPart, type MediaPart, type Part } from '../canonical/message-parts.ts'
import { toToolResult } from '../canonical/tool-result.ts'
import { toMediaParts } from './request-images.ts'
import { createToolCalls } from './request-tool-calls.ts'
import { unspeakable } from './unspeakable.ts'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const
type Role = (typeof ROLES)[number]

/**
 * Ollama's messages -> those of a chat completion. Members that are not Ollama's are left out, as it does. Images of a
 * tool's result go into a user message behind the results.
 */
export function toMessages(messages: unknown): JsonObject[] {
  if (isAbsent(messages)) throw missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'an array of at least one message')
  const calls = createToolCalls()
  const translated: JsonObject[] = []
  let shown: Part[] = []
  const show = (): void => {
    if (shown.length > 0) translated.push({ role: 'user', content: shown })
    shown = []
  }
  placedIn(messages, 'messages').forEach(({ value: message, path }, index) => {
    const role = roleOf(message['role'], path)
    const text = optionalString(message['content'], `${path}.content`) ?? ''
    const media = toMediaParts(message['images'], `${path}.images`)
    if (role !== 'tool') show()
    switch (role) {
      case 'user':
        translated.push(userMessage(text, media))
        break
      case 'assistant':
        refuseMedia(media, path)
        translated.push(answered(text, optionalString(message['thinking'], `${path}.thinking`) ?? '', calls.call(message, index)))
        break
      case 'tool': {
        const link = calls.answer(message, index)
        const result = toToolResult(link.tool_call_id, [textPart(text), ...media])
        shown.push(...result.media)
        translated.push({ role: 'tool', ...link, content: result.text })
        break
      }
      default:
        refuseMedia(media, path)
        translated.push({ role, content: text })
    }
  })
  show()
  return translated
}

export function userMessage(text: string, media: readonly MediaPart[]): JsonObject {
  return { role: 'user', content: contentOf([...(text === '' ? [] : [textPart(text)]), ...media]) }
}

function answered(text: string, reasoning: string, calls: readonly JsonObject[]): JsonObject {
  return assistantMessage({ text: textBesideCalls(text, calls), reasoning, calls })
}

/** Ollama reads a role in any case. */
function roleOf(role: unknown, path: string): Role {
  if (isAbsent(role)) throw missing(`${path}.role`)
  const known = ROLES.find((one) => typeof role === 'string' && one === role.toLowerCase())
  if (known === undefined) throw invalid(`${path}.role`, '"system", "developer", "user", "assistant" or "tool"')
  return known
}

function refuseMedia(media: readonly MediaPart[], path: string): void {
  if (media.length > 0) throw unspeakable(`${path}.images`, 'An image in a message of neither the user nor a tool')
}
