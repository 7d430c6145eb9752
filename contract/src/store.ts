import { z } from 'zod'

export const STORE_TYPES = ['sqlite', 'file', 'memory', 'postgres'] as const
export type StoreType = (typeof STORE_TYPES)[number]

/** Where the control plane keeps its things. Takes effect when the gateway starts. */
export const storeSchema = z.strictObject({
  type: z.enum(STORE_TYPES).default('sqlite'),
  /** Folder of sqlite and file, and of the key file whatever the type. */
  path: z.string().min(1).default('./data'),
  /** Of postgres. */
  url: z.url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host:port/database' }).optional(),
})

export const STORE_DEFAULTS = { type: 'sqlite', path: './data' } as const
