import { problemDetailSchema } from '@jairouter/contract/management/problem'
import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { ConfigDesk } from '../../versions/config-desk.ts'
import { tagOf } from '../entity-tag.ts'
import { AdminProblem, type AdminAnswer } from '../route.ts'
import type { ConfigPlace } from './config-place.ts'
import type { WriteResult } from './config-write.ts'

/** A secret as it is shown. Sent back as it is, it is left as it is. */
export const maskedSecretSchema = z
  .strictObject({
    set: z.boolean(),
    last4: z.string().optional(),
    /** `env:VAR`, `stored` or `file`. */
    from: z.string().optional(),
    resolved: z.boolean().optional(),
  })
  .meta({ id: 'MaskedSecret' })

export const dryRunSchema = z
  .object({
    ok: z.boolean(),
    diagnostics: z.array(problemDetailSchema),
    changes: z.array(
      z.object({
        op: z.enum(['added', 'removed', 'changed']),
        path: z.string(),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      }),
    ),
    unified: z.string(),
  })
  .meta({ id: 'DryRun' })

export const includeSchema = z.strictObject({ include: z.enum(['effective']).optional() })

/** An item as it is written, with what a resource adds to it. */
export type Show = (written: JsonObject, place: ConfigPlace) => JsonObject

/** One item; its tag is that of what is written, whatever was asked to be shown beside it. */
export function itemAnswer(desk: ConfigDesk, place: ConfigPlace, show: Show, include: unknown): AdminAnswer {
  if (place.written === undefined) throw new AdminProblem('not_found', '')
  const shown = show(place.written, place)
  return {
    body: include === 'effective' ? { ...shown, effective: place.effective ?? null } : shown,
    etag: tagOf(place.written),
    headers: versionHeaders(desk),
  }
}

export function versionHeaders(desk: ConfigDesk): Readonly<Record<string, string>> {
  return { 'x-jairouter-config-version': String(desk.state.version.number) }
}

/** `location`: of what was made, relative to the request's own address, so that it holds behind every proxy. */
export function writeAnswer(desk: ConfigDesk, result: WriteResult, show: Show, location?: string): AdminAnswer {
  if (result.kind === 'tried') return { body: result.validation }
  if (result.place.written === undefined) return { status: 204, headers: versionHeaders(desk) }
  const answer = itemAnswer(desk, result.place, show, undefined)
  if (!result.created) return answer
  return { ...answer, status: 201, headers: { ...answer.headers, ...(location === undefined ? {} : { location }) } }
}

export const asWritten: Show = (written) => written

/** Fields that are shown beside those of the config, so that what was read can be sent back as it came. */
const SHOWN_ONLY: ReadonlySet<string> = new Set(['effective', 'source'])

export function sentFields(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !SHOWN_ONLY.has(name)))
}

/** The key of an item stands in its path; a body may repeat it and may not change it. */
export function checkKey(key: string, id: string, body: JsonObject): void {
  if (body[key] === undefined || body[key] === id) return
  const message = 'can’t be changed: others refer to it; make a new one and delete this'
  throw new AdminProblem('invalid_request', '', { details: [{ pointer: `/${key}`, code: 'invalid', message }] })
}

/** Body of every write: the desk checks it as a part of the whole config, where `${VAR}` may stand for any value. */
export const looseBodySchema = z.record(z.string(), z.unknown())

/** RFC 7396: every field may be left out, or null to be taken away. */
export function patchOf(shape: Readonly<Record<string, z.ZodType>>): z.ZodType {
  return z.strictObject(Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.nullable().optional()])))
}

export const DRY_RUN_NOTE = 'With `?dryRun=true` nothing is changed; the answer says what would be.'
export const CONDITION_NOTE = 'With `If-Match` it is done only where it is still what was read (412 otherwise).'
