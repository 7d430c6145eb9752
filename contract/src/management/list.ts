import { z } from 'zod'

/** What every list takes. `filter` fields of its own are added by each. */
export const listQuerySchema = z.strictObject({
  /** Items in one answer. */
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** What `next` of the answer before says. */
  cursor: z.string().max(4_000).optional(),
  /** A field's name, with `-` before it for the greatest first. */
  sort: z.string().max(100).optional(),
  /** Items that hold this text, whatever its case. */
  q: z.string().max(200).optional(),
})
export type ListQuery = z.output<typeof listQuerySchema>

/** What every list answers. */
export function listAnswerSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    /** The cursor of the next page; left out on the last. */
    next: z.string().optional(),
    total: z.object({ value: z.int(), exact: z.boolean() }).nullable(),
    /** ISO time. */
    asOf: z.string(),
    /** Present where not everything could be looked at. */
    partial: z.object({ reason: z.string() }).optional(),
  })
}

export interface ListAnswer<Item> {
  readonly items: readonly Item[]
  readonly next?: string
  readonly total: { readonly value: number; readonly exact: boolean } | null
  readonly asOf: string
  readonly partial?: { readonly reason: string }
}
