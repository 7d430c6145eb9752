import { z } from 'zod'
import { ROLES } from './management/roles.ts'
import { duration, size } from './units.ts'

/** How people come in: how long that lasts, how their tokens are signed, and who else says who they are. */
export const SESSION_DEFAULTS = { access: 15 * 60_000, refresh: 168 * 3_600_000, absolute: 720 * 3_600_000 } as const

export const sessionsSchema = z
  .strictObject({
    /** An access token's life. */
    access: duration.default(SESSION_DEFAULTS.access),
    /** Silence after which a session ends. */
    refresh: duration.default(SESSION_DEFAULTS.refresh),
    /** After which it ends whatever happens. */
    absolute: duration.default(SESSION_DEFAULTS.absolute),
  })
  .default(SESSION_DEFAULTS)

export const TOKEN_ALGORITHMS = ['HS256', 'RS256', 'ES256'] as const
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

export const tokensSchema = z
  .strictObject({
    /** HS256: with a random secret that the store keeps. */
    algorithm: z.enum(TOKEN_ALGORITHMS).default('HS256'),
    /** PEM file; for RS256 and ES256. */
    privateKeyFile: z.string().min(1).optional(),
  })
  .default({ algorithm: 'HS256' })

export const oidcProviderSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected small letters, digits or "-"'),
  /** What the sign-in page calls it; the id when left out. */
  name: z.string().min(1).max(100).optional(),
  issuer: z.url({ protocol: /^https?$/ }),
  clientId: z.string().min(1),
  /** Left out: a public client, by PKCE alone. */
  clientSecret: z.string().min(1).optional(),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'expected a scope')).default(['openid', 'profile', 'email']),
  roles: z
    .strictObject({
      /** Name of the claim; dots lead into objects (`realm_access.roles`). */
      claim: z.string().min(1).default('groups'),
      /** Value of the claim -> role. The one that may most counts. */
      map: z.record(z.string(), z.enum(ROLES)).default({}),
      /** For those whom nothing maps; `none`: they are refused. */
      default: z.enum([...ROLES, 'none']).default('none'),
    })
    .default({ claim: 'groups', map: {}, default: 'none' }),
  /** As registered with the provider; made of `admin.publicUrl`, else of the request, when left out. */
  redirectUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Lets the issuer be http, on loopback only. */
  allowInsecure: z.boolean().default(false),
})
export type OidcProviderConfig = z.output<typeof oidcProviderSchema>

/** What people may be called; one of `A` and `a`. */
export const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u

/** A name as the Host header has it, without a port. */
const hostName = z
  .string()
  .regex(/^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^\[[0-9a-f:.]+\]$/, 'expected a host name in small letters, without a port')

export const adminSchema = z
  .strictObject({
    /** false: no management API, no console. */
    enabled: z.boolean().default(true),
    /** A port of its own for all but the model APIs. */
    port: z.int().min(0).max(65_535).optional(),
    /** Host names, besides loopback's, under which it may be reached. */
    hosts: z.array(hostName).default([]),
    /** Where browsers find the gateway, without `/admin`. */
    publicUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Largest body that the management API takes. */
    bodyLimit: size.default(4 * 1024 ** 2),
  })
  .default({ enabled: true, hosts: [], bodyLimit: 4 * 1024 ** 2 })
