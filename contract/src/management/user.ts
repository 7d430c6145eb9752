import { z } from 'zod'
import { USER_NAME } from '../accounts.ts'
import { listQuerySchema } from './list.ts'
import { ROLES } from './roles.ts'

const role = z.enum(ROLES)
const name = z.string().regex(USER_NAME, 'expected 1 to 64 letters, digits, ".", "_", "@", "+" or "-", beginning with a letter or digit')
const displayName = z.string().trim().min(1).max(100)
const email = z.email().max(254)
const team = z.string().min(1).max(100)
/** What is a good one is checked where its user's name is known. */
export const passwordSchema = z.string().min(1).max(1_024)

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  displayName: z.string(),
  role,
  enabled: z.boolean(),
  email: z.string().optional(),
  team: z.string().optional(),
  /** How they sign in. */
  by: z.enum(['password', 'oidc']),
  /** Of those who come by single sign-on. */
  oidc: z.object({ provider: z.string(), issuer: z.string(), subject: z.string() }).optional(),
  mustChangePassword: z.boolean(),
  /** ISO times. */
  createdAt: z.string(),
  lastSignIn: z.string().optional(),
})
export type User = z.output<typeof userSchema>

export const createUserSchema = z.strictObject({
  name,
  displayName: displayName.optional(),
  role,
  enabled: z.boolean().optional(),
  email: email.optional(),
  team: team.optional(),
  password: passwordSchema,
  /** Default true: who makes an account knows its password. */
  mustChangePassword: z.boolean().default(true),
})

/** RFC 7396: what is not named stays, null takes away. */
export const patchUserSchema = z.strictObject({
  name: name.optional(),
  displayName: displayName.optional(),
  role: role.optional(),
  enabled: z.boolean().optional(),
  email: email.nullable().optional(),
  team: team.nullable().optional(),
  password: passwordSchema.optional(),
  mustChangePassword: z.boolean().optional(),
})

export const userListQuerySchema = listQuerySchema.extend({
  name: z.string().max(100).optional(),
  role: z.string().max(100).optional(),
  team: z.string().max(100).optional(),
  by: z.string().max(100).optional(),
  enabled: z.enum(['true', 'false']).optional(),
})

export const userIdSchema = z.strictObject({ id: z.string().min(1).max(200) })

export const USER_EXAMPLE = {
  id: '9b2f6c1d0e8a4b7c5d3e',
  name: 'ada',
  displayName: 'Ada Lovelace',
  role: 'operator',
  enabled: true,
  email: 'ada@example.com',
  by: 'password',
  mustChangePassword: false,
  createdAt: '2026-01-31T09:00:00.000Z',
  lastSignIn: '2026-02-01T08:30:00.000Z',
} as const satisfies User
