import type { Write } from '../../store/port.ts'
import { AccountProblem } from './account-problem.ts'
import type { AccountStore } from './account-store.ts'
import { isEnabledAdmin, SETTINGS, type UserRecord } from './user-record.ts'

const ENABLED_ADMINS = 'enabled-admins'

export async function hasAdmin({ store }: AccountStore): Promise<boolean> {
  const ids = (await store.get(SETTINGS, ENABLED_ADMINS))?.body['ids']
  return Array.isArray(ids) && ids.length > 0
}

/**
 * The writes that keep account of who are enabled admins, to be committed with a change of a user. One document for all,
 * with its revision: two admins who take each other's role at the same time meet there. Throws in_use where nobody
 * would be left.
 */
export async function adminsWrites(
  { store }: AccountStore,
  before: UserRecord | undefined,
  after: UserRecord | undefined,
): Promise<readonly Write[]> {
  const was = before !== undefined && isEnabledAdmin(before)
  const will = after !== undefined && isEnabledAdmin(after)
  if (was === will) return []
  const id = after?.id ?? before?.id
  const stored = await store.get(SETTINGS, ENABLED_ADMINS)
  const known = Array.isArray(stored?.body['ids']) ? stored.body['ids'] : []
  const ids = [...known.filter((other) => other !== id), ...(will ? [id] : [])]
  if (ids.length === 0) throw new AccountProblem('in_use', 'This is the last enabled admin; make another one first')
  return [{ kind: 'put', collection: SETTINGS, id: ENABLED_ADMINS, body: { ids }, expect: stored?.revision ?? 0 }]
}
