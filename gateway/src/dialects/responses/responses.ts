import type { Dialect } from '../dialect.ts'
import { fromCanonical } from './answer.ts'
import { errorBody } from './errors.ts'
import { toCanonical } from './request.ts'
import { createStreamEncoder } from './stream-encoder.ts'

/** Clients of OpenAI's `POST /v1/responses`. What is kept between requests: stored.ts and references.ts. */
export const responsesDialect: Dialect = { id: 'responses', toCanonical, fromCanonical, createStreamEncoder, errorBody }
