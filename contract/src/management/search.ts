import { z } from 'zod'

export const SEARCH_KINDS = ['backend', 'model', 'instance', 'config'] as const

export const searchQuerySchema = z.strictObject({ q: z.string().trim().min(1).max(200) })

export const searchAnswerSchema = z.object({
  items: z.array(
    z.object({
      kind: z.enum(SEARCH_KINDS),
      /** What names it: an id, a name, a path of the config. */
      id: z.string(),
      /** More words for it. */
      detail: z.string().optional(),
    }),
  ),
})
export type SearchHit = z.output<typeof searchAnswerSchema>['items'][number]
