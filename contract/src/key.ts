import { z } from 'zod'
import { contentReferences } from './content-rules.ts'
import { identifier } from './identifiers.ts'
import { limitSchema } from './limit.ts'
import { BANDS, SERVICES } from './names.ts'

/** A range of addresses, or a single one. */
export const addressRange = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], 'expected an IP address or a CIDR such as 10.0.0.0/8')

/** Names of people and of groups of things, as budgets and reports go by them. */
export const label = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]+$/u, 'expected a text without control characters')

/** What a key may do, and whose it is; the same in the config and over the management API. */
const keyTerms = {
  /** Public model names that the key may use; `*` stands for any run of characters. */
  models: z.array(z.string().min(1)).default(['*']),
  enabled: z.boolean().default(true),
  /** Who goes first where requests wait, and is refused last under overload. A request may ask for a lower one. */
  priority: z.enum(BANDS).default('default'),
  /** By key. */
  limits: z.array(limitSchema).optional(),
  expires: z.iso.datetime({ offset: true }).optional(),
  /** The user whose key it is. */
  owner: label.optional(),
  team: identifier.optional(),
  tags: z.array(label).max(50).optional(),
  /** Services that it may be used for; all when left out. */
  services: z.array(z.enum(SERVICES)).min(1).optional(),
  /** Clients that it may come from; all when left out. */
  addresses: z.array(addressRange).min(1).max(1_000).optional(),
  /** Rules of `contentRules` that hold beside those of the model. */
  content: contentReferences.optional(),
  /** true: what its requests and their answers say is kept, also where no policy says so; false: never. */
  capture: z.boolean().optional(),
}

export const configKeySchema = z.strictObject({
  name: identifier,
  /** The key itself, or `sha256:` and the hex digest of it; only the digest is kept in memory. */
  key: z.string().min(8, 'expected at least 8 characters'),
  ...keyTerms,
})
