import type { Stored } from '../../store/port.ts'
import type { Origin } from '../audit/audit-entry.ts'
import { AccessProblem } from './access-problem.ts'

/** Who wants a change, and under which conditions. */
export interface ChangeTerms {
  readonly origin: Origin
  /** The entity tag that it must have now; undefined: any. */
  readonly ifMatch?: string | undefined
  /** Checks everything and changes nothing. */
  readonly dryRun?: boolean
}

/** The entity tag of a document: another one whenever it was written. */
export function tagOf({ revision }: Pick<Stored, 'revision'>): string {
  return `r${revision}`
}

/** Throws a 404 for what is not there, and a 412 for what is another one by now. */
export function itemFor<Content>(
  items: ReadonlyMap<string, Stored<Content>>,
  { id, noun }: { readonly id: string; readonly noun: string },
  { ifMatch }: Pick<ChangeTerms, 'ifMatch'> = {},
): Stored<Content> {
  const item = items.get(id)
  if (item === undefined) throw new AccessProblem('not_found', `There is no ${noun} "${id}"`)
  if (ifMatch !== undefined && ifMatch !== tagOf(item))
    throw new AccessProblem('precondition_failed', `The ${noun} was changed in the meantime`)
  return item
}
