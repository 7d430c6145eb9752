import { z } from 'zod'

/** What is sent or answered under one media type. */
export interface Content {
  readonly schema?: z.ZodType
  readonly example?: unknown
}

/** An operation outside of the management API, as it is described: what it does is done elsewhere. */
export interface ModelOperation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With parameters as OpenAPI has them: `/v1/models/{id}`. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Needs no key. */
  readonly open?: boolean
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  /** Media type -> body. */
  readonly body?: Readonly<Record<string, Content>>
  /** Status -> description, and media type -> answer. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly content?: Readonly<Record<string, Content>> }>>
  /** In whose shape errors are told. */
  readonly errors: 'openai' | 'anthropic' | 'ollama' | 'none'
}

/** The shapes hold what the gateway reads and what clients usually send; every other field goes to the backend as it is. */
export const anything = z.unknown()
export const modelName = z.string().meta({ description: 'A public model name, see `GET /v1/models`' })
export const usageSchema = z
  .looseObject({ prompt_tokens: z.int(), completion_tokens: z.int().optional(), total_tokens: z.int() })
  .meta({ id: 'Usage' })

export function json(schema: z.ZodType, example: unknown): Readonly<Record<string, Content>> {
  return { 'application/json': { schema, example } }
}
