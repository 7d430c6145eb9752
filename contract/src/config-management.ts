import { z } from 'zod'

/** How the config itself is kept. */
export const configManagementSchema = z.strictObject({
  /** `api`: the latest edit wins, whether in the file or by the API · `file`: the API changes nothing, for config that is kept elsewhere. */
  managed: z.enum(['api', 'file']).default('api'),
  /** Versions that are kept, the newest. */
  keep: z.int().min(1).max(1_000_000).default(1_000),
})
