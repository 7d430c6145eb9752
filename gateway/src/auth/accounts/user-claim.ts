import { hash } from 'node:crypto'
import { USER_NAME } from '@jairouter/contract/accounts'
import { fieldProblem } from './account-problem.ts'
import type { UserRecord } from './user-record.ts'

/** One form for names that nobody could tell apart. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

/** Throws invalid_request. */
export function checkName(name: string, pointer = '/name'): void {
  if (USER_NAME.test(name)) return
  throw fieldProblem(
    pointer,
    'invalid_name',
    'expected 1 to 64 letters, digits, ".", "_", "@", "+" or "-", beginning with a letter or digit',
  )
}

export function nameClaim(name: string): string {
  return `name:${foldName(name)}`
}

/** A digest: what a provider calls somebody may be of any length. */
export function oidcClaim(issuer: string, subject: string): string {
  return `oidc:${hash('sha256', JSON.stringify([issuer, subject]), 'hex')}`
}

export function claimsOf({ name, oidc }: UserRecord): readonly string[] {
  return [nameClaim(name), ...(oidc === undefined ? [] : [oidcClaim(oidc.issuer, oidc.subject)])]
}
