import { isoTime } from '../../lib/iso-time.ts'
import { isAbsent, type JsonObject } from '../../lib/json.ts'
import type { DialectContext } from '../dialect.ts'
import { messageShape, responseShape } from './answer-shape.ts'
import { keepAliveOf } from './keep-alive.ts'

export type OllamaOperation = 'chat' | 'generate' | 'embed' | 'embeddings'

/** The field that says what a model is to work on. */
const WORK: Readonly<Record<OllamaOperation, string>> = { chat: 'messages', generate: 'prompt', embed: 'input', embeddings: 'prompt' }

/** Whether a request gives the model nothing to do: its client wants it loaded, or unloaded. To be answered at once, by `loadAnswer`, with no backend asked. */
export function asksToLoad(operation: OllamaOperation, fields: JsonObject): boolean {
  const work = fields[WORK[operation]]
  if (isAbsent(work) || work === '') return true
  return (operation === 'chat' || operation === 'embed') && Array.isArray(work) && work.length === 0
}

/**
 * What Ollama says once it has done so: one object, not a stream, whatever `stream` says. The gateway loads nothing;
 * backends do when they are asked. Throws a GatewayError for a `keep_alive` that is no duration.
 */
export function loadAnswer(operation: OllamaOperation, context: Pick<DialectContext, 'fields' | 'model' | 'now'>): JsonObject {
  const { fields, model } = context
  const unload = keepAliveOf(fields['keep_alive']) === 'unload'
  if (operation === 'embed') return { model, embeddings: [] }
  if (operation === 'embeddings') return { embedding: [] }
  const shape = operation === 'chat' ? messageShape : responseShape
  const created = { model, created_at: isoTime(context.now()) }
  return { ...created, ...shape({ text: '', thinking: '', calls: [] }), done: true, done_reason: unload ? 'unload' : 'load' }
}
