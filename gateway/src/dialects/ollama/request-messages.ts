import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, missing, stringAt } from '../anthropic/field-checks.ts'
import { toMediaParts } from './request-images.ts'
import { createToolCalls } from './request-tool-calls.ts'
import { unsayable } from './unsayable.ts'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const
type Role = (typeof ROLES)[number]

/**
 * Ollama's messages → those of a chat completion. Members that are not Ollama's are left out, as it does. Images of a
 * tool's result go into a user message behind the results, with a note at both ends: a `tool` message holds text alone.
 */
export function toMessages(messages: unknown): JsonObject[] {
  if (isAbsent(messages)) throw missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'an array of at least one message')
  const calls = createToolCalls()
  const translated: JsonObject[] = []
  let shown: JsonObject[] = []
  const show = (): void => {
    if (shown.length > 0) translated.push({ role: 'user', content: shown })
    shown = []
  }
  messages.forEach((message: unknown, index) => {
    const path = `messages[${index}]`
    if (!isObject(message)) throw invalid(path, 'an object')
    const role = roleOf(message['role'], path)
    const text = textOf(message, path)
    const media = toMediaParts(message['images'], `${path}.images`)
    if (role !== 'tool') show()
    switch (role) {
      case 'user':
        translated.push(userMessage(text, media))
        break
      case 'assistant':
        refuseMedia(media, path)
        translated.push(assistantMessage(text, thinkingOf(message, path), calls.call(message, index)))
        break
      case 'tool': {
        const result = toolResult(text, media, calls.answer(message, index))
        shown.push(...result.shown)
        translated.push(result.message)
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

/** A text alone is a string: the form that every chat template takes. */
export function userMessage(text: string, media: readonly JsonObject[]): JsonObject {
  if (media.length === 0) return { role: 'user', content: text }
  return { role: 'user', content: [...(text === '' ? [] : [{ type: 'text', text }]), ...media] }
}

function toolResult(text: string, media: readonly JsonObject[], link: JsonObject): { message: JsonObject; shown: JsonObject[] } {
  const named = media.map((part, at) => ({ part, name: `image ${at + 1} of tool result ${String(link['tool_call_id'])}` }))
  const lines = [text, ...named.map(({ name }) => `[${name}: in the next message]`)]
  return {
    message: { role: 'tool', ...link, content: lines.filter((line) => line !== '').join('\n') },
    shown: named.flatMap(({ part, name }) => [{ type: 'text', text: `[${name}]` }, part]),
  }
}

function assistantMessage(text: string, thinking: string, calls: readonly JsonObject[]): JsonObject {
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(thinking === '' ? {} : { reasoning_content: thinking }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

/** Ollama reads a role in any case. */
function roleOf(role: unknown, path: string): Role {
  if (isAbsent(role)) throw missing(`${path}.role`)
  const known = ROLES.find((one) => typeof role === 'string' && one === role.toLowerCase())
  if (known === undefined) throw invalid(`${path}.role`, '"system", "developer", "user", "assistant" or "tool"')
  return known
}

function textOf(message: JsonObject, path: string): string {
  return isAbsent(message['content']) ? '' : stringAt(message, 'content', path)
}

function thinkingOf(message: JsonObject, path: string): string {
  return isAbsent(message['thinking']) ? '' : stringAt(message, 'thinking', path)
}

function refuseMedia(media: readonly JsonObject[], path: string): void {
  if (media.length > 0) throw unsayable(`${path}.images`, 'An image in a message of neither the user nor a tool')
}
