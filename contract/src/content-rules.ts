import { z } from 'zod'

/** What comes with the gateway. */
export const BUILTIN_MATCHES = ['email', 'phone', 'id-number', 'card', 'api-key', 'ip-address', 'iban'] as const
export type Builtin = (typeof BUILTIN_MATCHES)[number]

/** `mask`: something else takes its place · `block`: the request, or the answer, goes no further · `flag`: it is counted. */
export const CONTENT_ACTIONS = ['mask', 'block', 'flag'] as const
export type ContentAction = (typeof CONTENT_ACTIONS)[number]

export const CONTENT_SIDES = ['request', 'answer'] as const
export type ContentSide = (typeof CONTENT_SIDES)[number]

const ruleName = z
  .string()
  .max(100)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'expected letters, digits, ".", "_" or "-", beginning with a letter or digit')

/** Exactly one of the three. */
const matchSchema = z.strictObject({
  /** Whole words or phrases, whatever their case. */
  words: z.array(z.string().trim().min(1).max(200)).min(1).max(10_000).optional(),
  /** By RE2's syntax. */
  pattern: z.string().min(1).optional(),
  builtin: z.enum(BUILTIN_MATCHES).optional(),
})

/** One rule on what may stand in requests and answers. Of effect only where a policy or a key names it. */
export const contentRuleSchema = z.strictObject({
  name: ruleName,
  match: matchSchema,
  on: z.array(z.enum(CONTENT_SIDES)).min(1).default(['request', 'answer']),
  action: z.enum(CONTENT_ACTIONS),
  /** What takes the place of a match; by the kind of the match when left out. */
  mask: z
    .string()
    .max(64)
    .regex(/^[^"\\\p{Cc}\p{Cs}]*$/u, 'expected a text without quotation marks, backslashes and control characters')
    .optional(),
})

/** The names of rules that hold at a place. */
export const contentReferences = z.array(ruleName).max(100)

export type ContentRuleConfig = z.output<typeof contentRuleSchema>
