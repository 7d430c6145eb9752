import type { ShownVersion } from '@jairouter/contract/management/config'
import type { Actor } from '../auth/actor.ts'
import { DeskProblem, type ChangeRequest, type ConfigDesk, type ConfigEdit, type ConfigVersion } from '../versions/config-desk.ts'
import type { ConfigDrafts } from '../versions/config-drafts.ts'
import { requireMayChange } from './config-security.ts'
import { AdminProblem, type AdminAnswer, type AdminRequest } from './route.ts'

export function shownVersion(version: ConfigVersion, desk: ConfigDesk): ShownVersion {
  const { number, author, time, origin, message, base, restores } = version
  return {
    number,
    author,
    time,
    origin,
    message,
    base,
    ...(restores === undefined ? {} : { restores }),
    current: number === desk.state.version.number,
  }
}

/** Of the version in force. */
export function versionTag({ number }: { readonly number: number }): string {
  return `v${number}`
}

export function draftOwner({ actor }: AdminRequest): string {
  return actor?.kind === 'user' ? actor.id : 'machine'
}

export interface GivenChange {
  readonly text?: string | undefined
  readonly patch?: Readonly<Record<string, unknown>> | undefined
  readonly edits?: readonly unknown[] | undefined
  readonly draft?: true | undefined
}

/** What a body asks for; `base`: of the draft, which is to be in force still. */
export async function readChange(
  body: GivenChange,
  owner: string,
  drafts: ConfigDrafts,
): Promise<{ readonly change: ChangeRequest['change']; readonly base?: number }> {
  if (body.text !== undefined) return { change: { text: body.text } }
  if (body.patch !== undefined) return { change: { edits: [{ op: 'merge', path: [], value: body.patch }] } }
  // The schema has read them.
  if (body.edits !== undefined) return { change: { edits: body.edits as readonly ConfigEdit[] } }
  const draft = await drafts.get(owner)
  if (draft === undefined) throw new AdminProblem('not_found', 'You have no draft')
  return { change: { text: draft.text, granted: draft.granted }, base: draft.base }
}

export interface Applying {
  readonly change: ChangeRequest['change']
  readonly action: string
  readonly target?: string
  readonly message?: string | undefined
  readonly confirmWithinMs?: number | undefined
  /** Version that a change without `If-Match` goes by. */
  readonly base?: number | undefined
}

/** Makes a change, or with `dryRun` only tries it. */
export async function applyChange(desk: ConfigDesk, request: AdminRequest, applying: Applying): Promise<AdminAnswer> {
  const { ifMatch, origin, dryRun } = request
  const { change, action, target, message, confirmWithinMs, base } = applying
  const wanted = ifMatch === undefined ? base : numberOf(ifMatch)
  if (ifMatch !== undefined && wanted !== desk.state.version.number) throw stale(desk)
  const mayChange: ChangeRequest['mayChange'] = (...made) => requireMayChange(origin.actor, ...made)
  if (dryRun) return { body: await desk.validate(change, { mayChange }), etag: versionTag(desk.state.version) }
  try {
    const { version, ...made } = await desk.change({
      change,
      origin,
      action,
      mayChange,
      ...(target === undefined ? {} : { target }),
      ...(message === undefined ? {} : { message }),
      ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
      ...(wanted === undefined ? {} : { expect: wanted }),
    })
    return { body: { ...made, version: shownVersion(version, desk) }, etag: versionTag(version) }
  } catch (error) {
    const isStale =
      error instanceof DeskProblem && error.code === 'conflict' && ifMatch !== undefined && wanted !== desk.state.version.number
    throw isStale ? stale(desk) : error
  }
}

/** Who may not make a change may not confirm it or take it back either. Gives the number of the version that was looked at. */
export async function guardPending(desk: ConfigDesk, actor: Actor): Promise<number> {
  const { version, confirm } = desk.state
  if (confirm === undefined || actor.kind !== 'user') return version.number
  const { changes, exposed } = await desk.diff(confirm.revertsTo, version.number)
  requireMayChange(actor, changes, exposed)
  return version.number
}

/** -1: no version is called so. */
function numberOf(tag: string): number {
  return Number(/^v(\d+)$/.exec(tag)?.[1] ?? -1)
}

function stale(desk: ConfigDesk): AdminProblem {
  const { number, author } = desk.state.version
  return new AdminProblem('precondition_failed', `Version ${number} by ${author} is in force`, {
    params: { version: number, author },
    headers: { etag: `"${versionTag({ number })}"` },
  })
}
