import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing, optionalString, type Placed } from '../canonical/field-checks.ts'
import { contentOf, type Part } from '../canonical/message-parts.ts'
import { toAssistantMessage } from './request-assistant.ts'
import { readItems, readParts, typeOfItem } from './request-items.ts'
import { toPart, toText } from './request-parts.ts'
import { fromCallOutput } from './request-results.ts'
import { unspeakable } from './unspeakable.ts'

/**
 * `instructions` and `input` -> messages of a chat completion. Changed on the way: ids, `status` and `phase` go; items
 * that a model wrote in a row become one message; developers speak as the system, which every chat template knows; of
 * the system's messages those at the beginning become one, since many templates take one only, and only there.
 */
export function toMessages(fields: JsonObject): JsonObject[] {
  const instructions = optionalString(fields['instructions'], 'instructions')
  const messages = fromItems(readItems(fields['input']))
  const leading = messages.findIndex((message) => message['role'] !== 'system')
  const rest = leading === -1 ? [] : messages.slice(leading)
  const system = messages.slice(0, messages.length - rest.length).map((message) => message['content'])
  const text = [instructions, ...system].filter((one) => typeof one === 'string' && one !== '').join('\n\n')
  const all = text === '' ? rest : [{ role: 'system', content: text }, ...rest]
  if (all.length === 0) throw invalid('input', 'a string or at least one message')
  return all
}

function fromItems(items: readonly Placed[]): JsonObject[] {
  const messages: JsonObject[] = []
  let written: Placed[] = []
  let media: Part[] = []

  function closeWritten(): void {
    const message = toAssistantMessage(written)
    written = []
    if (message !== undefined) messages.push(message)
  }

  function closeMedia(): void {
    if (media.length > 0) messages.push({ role: 'user', content: media })
    media = []
  }

  for (const placed of items) {
    const kind = kindOf(placed)
    if (kind === 'written') {
      closeMedia()
      written.push(placed)
      continue
    }
    closeWritten()
    if (kind === 'result') {
      const result = fromCallOutput(placed)
      messages.push(result.message)
      media.push(...result.media)
    } else if (kind === 'user') {
      messages.push({ role: 'user', content: contentOf([...media, ...partsOf(placed).map(toPart)]) })
      media = []
    } else {
      closeMedia()
      messages.push({ role: 'system', content: partsOf(placed).map(toText).join('\n\n') })
    }
  }
  closeWritten()
  closeMedia()
  return messages
}

type Kind = 'user' | 'system' | 'written' | 'result'

function kindOf({ value, path }: Placed): Kind {
  const type = typeOfItem(value)
  switch (type) {
    case 'message':
      return kindOfRole(value['role'], `${path}.role`)
    case 'function_call':
    case 'reasoning':
      return 'written'
    case 'function_call_output':
      return 'result'
    case undefined:
      throw missing(`${path}.type`)
    default:
      throw unspeakable(`${path}.type`, `An item of type ${JSON.stringify(type)}`)
  }
}

function kindOfRole(role: unknown, path: string): Kind {
  switch (role) {
    case 'user':
      return role
    case 'system':
    case 'developer':
      return 'system'
    case 'assistant':
      return 'written'
    default:
      throw isAbsent(role) ? missing(path) : invalid(path, '"user", "assistant", "system" or "developer"')
  }
}

function partsOf({ value, path }: Placed): readonly Placed[] {
  return readParts(value['content'], `${path}.content`)
}
