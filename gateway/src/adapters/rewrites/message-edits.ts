import type { Rewrite } from '@jairouter/contract/adapter'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { matchesAny } from '../../lib/wildcard.ts'
import { toNineCharacters } from './nine-characters.ts'
import { replayReasoning, type Replay } from './reasoning-replay.ts'

type Table = Rewrite['messages']

/** The messages as the backend takes them; the same list where nothing changes. */
export function mendMessages(
  messages: readonly unknown[],
  { table, model }: { readonly table: Table; readonly model: string },
): readonly unknown[] {
  if (asksNothing(table)) return messages
  const replay = replayFor(table, model)
  const lastUser = messages.findLastIndex((message) => isObject(message) && message['role'] === 'user')
  const mended = messages.map((message, index) => {
    if (!isObject(message)) return message
    const thinking = replay === undefined ? message : replayReasoning(message, { replay, current: index > lastUser })
    const named = withoutFields(withRole(table.toolIds === 'nine' ? withNineCharacters(thinking) : thinking, table.roles), table.drop)
    return index === messages.length - 1 ? withPrefix(named, table.prefix) : named
  })
  return mended.every((message, index) => message === messages[index]) ? messages : mended
}

function asksNothing({ roles, drop, toolIds, prefix, reasoning }: Table): boolean {
  const tables = [roles, drop, reasoning]
  return toolIds === 'any' && prefix === undefined && tables.every((entries) => Object.keys(entries).length === 0)
}

function replayFor({ reasoning }: Table, model: string): Replay | undefined {
  return Object.entries(reasoning).find(([pattern]) => matchesAny([pattern], model))?.[1]
}

function withRole(message: JsonObject, roles: Table['roles']): JsonObject {
  const { role } = message
  return typeof role === 'string' && Object.hasOwn(roles, role) ? { ...message, role: roles[role] } : message
}

function withoutFields(message: JsonObject, names: readonly string[]): JsonObject {
  if (!names.some((name) => Object.hasOwn(message, name))) return message
  return Object.fromEntries(Object.entries(message).filter(([name]) => !names.includes(name)))
}

function withPrefix(message: JsonObject, field: string | undefined): JsonObject {
  if (field === undefined || message['role'] !== 'assistant' || field in message) return message
  return { ...message, [field]: true }
}

function withNineCharacters(message: JsonObject): JsonObject {
  const { tool_call_id: id, tool_calls: calls } = message
  const answered = typeof id === 'string' && toNineCharacters(id) !== id ? { ...message, tool_call_id: toNineCharacters(id) } : message
  if (!Array.isArray(calls)) return answered
  const renamed = calls.map((call: unknown) => {
    const own = isObject(call) ? call['id'] : undefined
    return isObject(call) && typeof own === 'string' && toNineCharacters(own) !== own ? { ...call, id: toNineCharacters(own) } : call
  })
  return renamed.every((call, index) => call === calls[index]) ? answered : { ...answered, tool_calls: renamed }
}
