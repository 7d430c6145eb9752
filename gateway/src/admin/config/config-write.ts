import { requireMayChange } from '../config-security.ts'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { DeskProblem, type ConfigDesk, type ConfigEdit, type Validation } from '../../versions/config-desk.ts'
import { tagOf } from '../entity-tag.ts'
import { AdminProblem, type AdminRequest } from '../route.ts'
import { editsBetween } from './config-edits.ts'
import type { ConfigPlace, LocatePlace } from './config-place.ts'

export interface ConfigWrite {
  readonly desk: ConfigDesk
  readonly request: AdminRequest
  readonly locate: LocatePlace
  /** For the audit: `backend.update`, `backends/gpu-1`. */
  readonly action: string
  readonly target: string
  /** What there is -> what there is to be; undefined: nothing. Throws to refuse. */
  readonly next: (before: JsonObject | undefined) => unknown
  /** What is shown where nothing is written, and has a tag as well. Default: there is no such thing then. */
  readonly empty?: JsonObject
}

export type WriteResult =
  | { readonly kind: 'tried'; readonly validation: Validation }
  | { readonly kind: 'done'; readonly created: boolean; readonly place: ConfigPlace }

/** How often a change is worked out again because the same thing was changed by somebody else in the meantime. */
const MOST_TRIES = 5

/** Changes one place of the config: worked out from what is there, and made only where that is still so. */
export async function writeConfig(write: ConfigWrite): Promise<WriteResult> {
  const { desk, request, locate, next } = write
  for (let tries = 1; ; tries += 1) {
    const place = locate(desk.state)
    checkConditions(request, place.written ?? write.empty)
    const after = next(place.written)
    const edits = editsBetween(place.path, place.written, after)
    if (request.dryRun) return { kind: 'tried', validation: await tryOut(write, edits, place) }
    if (edits.length > 0 && !(await change(write, edits, place))) {
      if (tries < MOST_TRIES) continue
      throw new AdminProblem('conflict', 'Others are changing the same thing all the time; try again')
    }
    return { kind: 'done', created: place.written === undefined, place: locate(desk.state) }
  }
}

async function tryOut({ desk, request }: ConfigWrite, edits: readonly ConfigEdit[], place: ConfigPlace): Promise<Validation> {
  if (edits.length === 0) return { ok: true, diagnostics: [], changes: [], unified: '' }
  const { actor } = request.origin
  const { ok, diagnostics, changes, unified } = await desk.validate({ edits }, { mayChange: (...made) => requireMayChange(actor, ...made) })
  return { ok, diagnostics: intoBody(diagnostics, place, request.body), changes, unified }
}

/** False where the place was changed since it was looked at; nothing was done then. */
async function change(write: ConfigWrite, edits: readonly ConfigEdit[], place: ConfigPlace): Promise<boolean> {
  const { desk, request, locate, action, target } = write
  const { origin } = request
  const seen = tagOf(place.written ?? null)
  try {
    await desk.change({
      change: { edits },
      origin,
      action,
      target,
      precondition: (current) => {
        if (tagOf(locate(current).written ?? null) !== seen) throw new ChangedMeanwhile()
      },
      mayChange: (...made) => requireMayChange(origin.actor, ...made),
    })
    return true
  } catch (error) {
    if (error instanceof ChangedMeanwhile) return false
    throw told(error, write, { edits, place })
  }
}

class ChangedMeanwhile extends Error {}

/** `If-Match` and `If-None-Match` (RFC 9110 13.1). */
function checkConditions({ headers, ifMatch }: AdminRequest, written: JsonObject | undefined): void {
  const mustExist = headers['if-match']?.trim() === '*' && written === undefined
  const mustNot = headers['if-none-match']?.trim() === '*' && written !== undefined
  const isOther = ifMatch !== undefined && (written === undefined || tagOf(written) !== ifMatch)
  if (mustExist || mustNot || isOther) throw new AdminProblem('precondition_failed', '')
}

function told(error: unknown, { request }: ConfigWrite, { edits, place }: { edits: readonly ConfigEdit[]; place: ConfigPlace }): unknown {
  if (!(error instanceof DeskProblem) || error.code !== 'invalid_config') return error
  const removes = edits.length === 1 && edits[0]?.op === 'remove'
  const details = intoBody(error.details, place, request.body)
  if (!removes) return new AdminProblem('invalid_config', error.message, { details })
  return new AdminProblem('in_use', error.message, { details, params: { neededBy: error.details.map(({ pointer }) => pointer) } })
}

/** Pointers into the config -> into what was sent, where they lie within it; otherwise the text says where it is. */
function intoBody(details: readonly ProblemDetail[], place: ConfigPlace, body: unknown): ProblemDetail[] {
  return details.map((detail) => {
    const { pointer } = detail
    const isInside = pointer === place.pointer || pointer.startsWith(`${place.pointer}/`)
    const rest = pointer.slice(place.pointer.length)
    if (isInside && (rest === '' || isIn(body, rest))) return { ...detail, pointer: rest }
    return { ...detail, pointer: '', message: pointer === '' ? detail.message : `${pointer}: ${detail.message}` }
  })
}

/** Also for a field that is missing: what should hold it was sent. */
function isIn(body: unknown, pointer: string): boolean {
  let value = body
  for (const segment of pointer.split('/').slice(1, -1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    value = Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined
  }
  return Array.isArray(value) || isObject(value)
}
