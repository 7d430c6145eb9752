import type { Dialect } from '../dialect.ts'
import { messageShape } from './answer-shape.ts'
import { toAnswer } from './answer.ts'
import { errorBody } from './errors.ts'
import { chatToCanonical } from './request-chat.ts'
import { createStreamEncoder } from './stream-encoder.ts'

/** Clients of Ollama's `POST /api/chat`. */
export const ollamaChatDialect: Dialect = {
  id: 'ollama-chat',
  toCanonical: chatToCanonical,
  fromCanonical: (answer, context) => toAnswer(answer, context, messageShape),
  createStreamEncoder: (context) => createStreamEncoder(context, messageShape),
  errorBody,
}
