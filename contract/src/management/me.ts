import { z } from 'zod'
import { PERMISSIONS, ROLES } from './roles.ts'
import { passwordSchema, USER_EXAMPLE, userSchema } from './user.ts'

export const meSchema = z.object({
  user: userSchema,
  role: z.enum(ROLES),
  /** Every permission, and whether the role has it. */
  can: z.record(z.string(), z.boolean()),
  session: z.object({
    id: z.string(),
    /** When the session ends unless it is refreshed. ISO times. */
    expiresAt: z.string(),
    endsAt: z.string(),
    /** Until then no password is asked for; not there where it would be now. */
    stepUpUntil: z.string().optional(),
  }),
  preferences: z.record(z.string(), z.unknown()),
  /** Number of the config's version in force, and who manages it. */
  configVersion: z.int().optional(),
  managed: z.enum(['api', 'file']).optional(),
  now: z.string(),
})
export type Me = z.output<typeof meSchema>

/** Bytes of a user's preferences as JSON. */
export const MAXIMUM_PREFERENCES = 16_384

/** RFC 7396, over what is kept. */
export const preferencesSchema = z.record(z.string().max(100), z.unknown())

export const changePasswordSchema = z.strictObject({ oldPassword: passwordSchema, password: passwordSchema })

export const ME_EXAMPLE = {
  user: USER_EXAMPLE,
  role: 'operator',
  can: Object.fromEntries(
    Object.entries(PERMISSIONS).map(([permission, roles]) => [permission, roles.some((role) => role === 'operator')]),
  ),
  session: {
    id: '9b2f6c1d0e8a4b7c5d3e~0a1b2c3d4e5f6a7b8c9d',
    expiresAt: '2026-02-08T08:30:00.000Z',
    endsAt: '2026-03-03T08:30:00.000Z',
    stepUpUntil: '2026-02-01T08:40:00.000Z',
  },
  preferences: { zone: 'Europe/Berlin' },
  configVersion: 12,
  managed: 'api',
  now: '2026-02-01T08:31:00.000Z',
} satisfies Me
