import { isAbsent } from '../../lib/json.ts'
import { invalid, missing, placedIn, type Placed } from '../canonical/field-checks.ts'

export interface Turn {
  readonly role: Role
  readonly blocks: readonly Placed[]
}

const ROLES = ['user', 'assistant', 'system'] as const
type Role = (typeof ROLES)[number]

/** Messages of one role in a row are one turn to Anthropic; chat templates of local models refuse two in a row. */
export function readTurns(messages: unknown): Turn[] {
  if (isAbsent(messages)) throw missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'an array of at least one message')
  const turns: { role: Role; blocks: Placed[] }[] = []
  for (const { value: message, path } of placedIn(messages, 'messages')) {
    const role = roleOf(message['role'], `${path}.role`)
    if (isAbsent(message['content'])) throw missing(`${path}.content`)
    const blocks = readBlocks(message['content'], `${path}.content`)
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else turns.push({ role, blocks: [...blocks] })
  }
  return turns
}

/** Content in either of its forms, a string or blocks; none where it is absent. */
export function readBlocks(content: unknown, path: string): readonly Placed[] {
  if (isAbsent(content)) return []
  if (typeof content === 'string') return [{ value: { type: 'text', text: content }, path }]
  if (!Array.isArray(content)) throw invalid(path, 'a string or an array of content blocks')
  return placedIn(content, path)
}

function roleOf(role: unknown, path: string): Role {
  if (isAbsent(role)) throw missing(path)
  const known = ROLES.find((one) => one === role)
  if (known === undefined) throw invalid(path, '"user", "assistant" or "system"')
  return known
}
