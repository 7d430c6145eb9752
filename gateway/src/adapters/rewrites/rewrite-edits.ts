import type { Rewrite } from '@jairouter/contract/adapter'
import type { JsonObject } from '../../lib/json.ts'
import type { Edit } from '../../lib/json-members.ts'
import { mendMessages } from './message-edits.ts'
import { asksForSchema, withSchemaInPrompt } from './schema-in-prompt.ts'
import { toolChoiceEdits } from './tool-choice.ts'

export interface RewrittenCall {
  readonly fields: JsonObject
  /** The upstream's name. */
  readonly model: string
  readonly stream: boolean
}

/** What changes at the top of a body, as the adapter's table for the endpoint says. Each field at most once. */
export function rewriteEdits(call: RewrittenCall, rewrite: Rewrite): Edit[] {
  const { fields } = call
  const edits = new Map<string, Edit>()
  const set = (key: string, value: unknown) => edits.set(key, { kind: 'set', key, json: JSON.stringify(value) })
  for (const key of rewrite.drop) if (key in fields) edits.set(key, { kind: 'drop', key })
  for (const [key, to] of Object.entries(rewrite.rename))
    if (key in fields) edits.set(key, to in fields ? { kind: 'drop', key } : { kind: 'rename', key, to })
  for (const [key, value] of Object.entries(call.stream ? rewrite.defaults : { ...rewrite.defaults, ...rewrite.plainDefaults }))
    if (!(key in fields)) set(key, value)
  for (const [key, words] of Object.entries(rewrite.values)) {
    const value = fields[key]
    if (typeof value === 'string' && Object.hasOwn(words, value)) set(key, words[value])
  }
  for (const edit of toolChoiceEdits(fields, rewrite)) edits.set(edit.key, edit)
  for (const [key, value] of Object.entries(messageChanges(call, rewrite))) set(key, value)
  return [...edits.values()]
}

/** Fields that are asked for in words where the backend has no field for them: it may do otherwise. For the log. */
export function degradedFields(fields: JsonObject, rewrite: Rewrite): readonly string[] {
  return rewrite.jsonSchema === 'prompt' && asksForSchema(fields) ? ['response_format'] : []
}

function messageChanges({ fields, model }: RewrittenCall, rewrite: Rewrite): JsonObject {
  const { messages } = fields
  if (!Array.isArray(messages)) return {}
  const mended = mendMessages(messages, { table: rewrite.messages, model })
  if (rewrite.jsonSchema === 'prompt' && asksForSchema(fields)) return withSchemaInPrompt(fields, mended)
  return mended === messages ? {} : { messages: mended }
}
