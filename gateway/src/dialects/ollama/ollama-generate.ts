import type { Dialect } from '../dialect.ts'
import { responseShape } from './answer-shape.ts'
import { toAnswer } from './answer.ts'
import { errorBody } from './errors.ts'
import { generateToCanonical } from './request-generate.ts'
import { createStreamEncoder } from './stream-encoder.ts'

/** Clients of Ollama's `POST /api/generate`. Translated to a chat or to a completion, as `generateEndpoint` says; answers of both are read. */
export const ollamaGenerateDialect: Dialect = {
  id: 'ollama-generate',
  toCanonical: generateToCanonical,
  fromCanonical: (answer, context) => toAnswer(answer, context, responseShape),
  createStreamEncoder: (context) => createStreamEncoder(context, responseShape),
  errorBody,
}
