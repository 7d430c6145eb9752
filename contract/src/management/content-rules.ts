import { z } from 'zod'
import { CONTENT_ACTIONS, contentReferences, contentRuleSchema } from '../content-rules.ts'

/** A text that is tried out: with rules of the config, all of them where none is named, or with rules that are in no config yet. */
export const contentTestSchema = z.strictObject({
  text: z.string().max(20_000),
  names: contentReferences.min(1).optional(),
  rules: z.array(contentRuleSchema).min(1).max(20).optional(),
})

/** Offsets count UTF-16 code units, as `String.prototype.slice` does. */
const contentMatchSchema = z.object({
  rule: z.string(),
  action: z.enum(CONTENT_ACTIONS),
  start: z.int(),
  end: z.int(),
})

export const contentTestResultSchema = z.object({
  matches: z.array(contentMatchSchema),
  /** The text as it would be passed on, if no rule blocks it. */
  masked: z.string(),
  blockedBy: z.string().optional(),
})
export type ContentTestResult = z.output<typeof contentTestResultSchema>
