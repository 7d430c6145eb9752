import { isObject, type JsonObject } from '../../endpoints/call.ts'
import { invalid, isAbsent, missing } from './field-checks.ts'

/** A content block and where it stands in the request, for errors. */
export interface PlacedBlock {
  readonly block: JsonObject
  readonly path: string
}

export interface Turn {
  readonly role: Role
  readonly blocks: readonly PlacedBlock[]
}

const ROLES = ['user', 'assistant', 'system'] as const
type Role = (typeof ROLES)[number]

/** Messages of one role in a row are one turn to Anthropic; chat templates of local models refuse two in a row. */
export function readTurns(messages: unknown): Turn[] {
  if (isAbsent(messages)) throw missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) throw invalid('messages', 'an array of at least one message')
  const turns: { role: Role; blocks: PlacedBlock[] }[] = []
  messages.forEach((message: unknown, index) => {
    const path = `messages[${index}]`
    if (!isObject(message)) throw invalid(path, 'an object')
    const role = roleOf(message['role'], `${path}.role`)
    if (isAbsent(message['content'])) throw missing(`${path}.content`)
    const blocks = readBlocks(message['content'], `${path}.content`)
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else turns.push({ role, blocks: [...blocks] })
  })
  return turns
}

/** Content in either of its forms, a string or blocks; none where it is absent. */
export function readBlocks(content: unknown, path: string): readonly PlacedBlock[] {
  if (isAbsent(content)) return []
  if (typeof content === 'string') return [{ block: { type: 'text', text: content }, path }]
  if (!Array.isArray(content)) throw invalid(path, 'a string or an array of content blocks')
  return content.map((block: unknown, index) => {
    if (!isObject(block)) throw invalid(`${path}[${index}]`, 'an object')
    return { block, path: `${path}[${index}]` }
  })
}

function roleOf(role: unknown, path: string): Role {
  if (isAbsent(role)) throw missing(path)
  const known = ROLES.find((one) => one === role)
  if (known === undefined) throw invalid(path, '"user", "assistant" or "system"')
  return known
}
