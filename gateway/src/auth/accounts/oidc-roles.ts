import { ROLES, type Role } from '@jairouter/contract/management/roles'
import type { OidcProvider } from '../../config/snapshot.ts'
import { isObject, listOf, type JsonObject } from '../../lib/json.ts'

/** The role that an identity provider's claims give; the one that may most, where several do. Undefined: none, nobody comes in. */
export function roleOf(claims: JsonObject, { claim, map, default: otherwise }: OidcProvider['roles']): Role | undefined {
  const value = claimAt(claims, claim)
  const values = typeof value === 'string' ? [value] : listOf(value)
  const mapped = new Set(values.flatMap((name) => (typeof name === 'string' && Object.hasOwn(map, name) ? [map[name]] : [])))
  return ROLES.find((role) => mapped.has(role)) ?? (otherwise === 'none' ? undefined : otherwise)
}

/** A claim by its name, dots and all; else by the path that the dots make. */
export function claimAt(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  return name.split('.').reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), claims)
}
