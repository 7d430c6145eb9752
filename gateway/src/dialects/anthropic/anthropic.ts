import type { Dialect } from '../dialect.ts'
import { fromCanonical } from './answer.ts'
import { errorBody } from './errors.ts'
import { toCanonical } from './request.ts'
import { createStreamEncoder } from './stream-encoder.ts'

/** Clients of Anthropic's `POST /v1/messages`, with the API's versions 2023-06-01 and 2026-10-21. */
export const anthropicDialect: Dialect = { id: 'anthropic', toCanonical, fromCanonical, createStreamEncoder, errorBody }
