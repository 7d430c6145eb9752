import { z } from 'zod'
import { listQuerySchema } from './list.ts'
import { passwordSchema, userSchema } from './user.ts'

export const signInSchema = z.strictObject({
  name: z.string().min(1).max(256),
  password: passwordSchema,
  /** For browsers: the tokens go into cookies that no script can read, and are left out of the answer. */
  cookie: z.boolean().default(false),
})

export const refreshSchema = z.strictObject({
  /** Left out: the one of the cookie. */
  refreshToken: z.string().max(500).optional(),
})

/** What a session that was begun or goes on is answered with. */
export const tokensSchema = z.object({
  /** Not there where they went into cookies. */
  accessToken: z.string().optional(),
  tokenType: z.literal('Bearer'),
  /** ISO time. */
  expiresAt: z.string(),
  /** Also not there when the same refresh token was used by another a moment ago, who has got the next one. */
  refreshToken: z.string().optional(),
  /** When the session ends unless it is refreshed. ISO time. */
  refreshExpiresAt: z.string(),
  user: userSchema.pick({ id: true, name: true, displayName: true, role: true, mustChangePassword: true }),
})
export type Tokens = z.output<typeof tokensSchema>

export const stepUpSchema = z.strictObject({ password: passwordSchema })

export const stepUpAnswerSchema = z.object({
  /** ISO time. */
  stepUpUntil: z.string(),
})

export const methodsSchema = z.object({
  password: z.boolean(),
  oidc: z.array(z.object({ id: z.string(), name: z.string() })),
})

export const setupSchema = z.strictObject({
  /** That of the link which the gateway printed when it started. */
  token: z.string().min(1).max(200),
  name: z.string().min(1).max(64),
  password: passwordSchema,
  cookie: z.boolean().default(false),
})

export const sessionSchema = z.object({
  id: z.string(),
  user: z.object({ id: z.string(), name: z.string() }),
  /** `password`, or the id of an identity provider. */
  by: z.string(),
  address: z.string(),
  agent: z.string(),
  /** ISO times. */
  createdAt: z.string(),
  refreshedAt: z.string(),
  /** When it ends unless it is refreshed. */
  expiresAt: z.string(),
  endsAt: z.string(),
  /** Whether it is the one that asks. */
  current: z.boolean(),
})
export type Session = z.output<typeof sessionSchema>

export const sessionListQuerySchema = listQuerySchema.extend({
  user: z.string().max(100).optional(),
  by: z.string().max(100).optional(),
  address: z.string().max(100).optional(),
})

export const sessionIdSchema = z.strictObject({ id: z.string().min(1).max(200) })

export const oidcStartQuerySchema = z.strictObject({
  /** Where in the console to go on: a path below `/admin`. */
  returnTo: z.string().max(500).default(''),
  /** Have it said again there who it is; the session then counts as just proven. */
  fresh: z.enum(['true', 'false']).default('false'),
})

/** What the provider adds beyond these is passed on to be checked. */
export const oidcCallbackQuerySchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

export const TOKENS_EXAMPLE = {
  accessToken: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl',
  tokenType: 'Bearer',
  expiresAt: '2026-02-01T08:45:00.000Z',
  refreshToken: 'jrr_9b2f6c1d0e8a4b7c5d3e~0a1b2c3d4e5f6a7b8c9d.EXAMPLE.EXAMPLE',
  refreshExpiresAt: '2026-02-08T08:30:00.000Z',
  user: { id: '9b2f6c1d0e8a4b7c5d3e', name: 'ada', displayName: 'Ada Lovelace', role: 'operator', mustChangePassword: false },
} as const satisfies Tokens

export const SESSION_EXAMPLE = {
  id: '9b2f6c1d0e8a4b7c5d3e~0a1b2c3d4e5f6a7b8c9d',
  user: { id: '9b2f6c1d0e8a4b7c5d3e', name: 'ada' },
  by: 'password',
  address: '192.0.2.7',
  agent: 'curl/8.5.0',
  createdAt: '2026-02-01T08:30:00.000Z',
  refreshedAt: '2026-02-01T08:30:00.000Z',
  expiresAt: '2026-02-08T08:30:00.000Z',
  endsAt: '2026-03-03T08:30:00.000Z',
  current: true,
} as const satisfies Session
