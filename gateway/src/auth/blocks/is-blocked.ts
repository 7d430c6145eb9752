import { keyIdOf } from '../../config/key-id.ts'
import type { Blocks, KeyRecord } from '../../config/snapshot.ts'
import { isInTable } from '../../lib/address-table.ts'
import { foldName } from '../accounts/user-claim.ts'

/** Who asks, as far as that is known. */
export interface Asker {
  /** The client's, trusted proxies seen through. */
  readonly address?: string | undefined
  readonly keyId?: string | undefined
  readonly userId?: string | undefined
  /** In any case. */
  readonly userName?: string | undefined
  readonly sessionId?: string | undefined
}

/** Whether any of them is blocked at this time. */
export function isBlocked(blocks: Blocks | undefined, asker: Asker, wallClock: number): boolean {
  if (blocks === undefined) return false
  const holds = (table: ReadonlyMap<string, number>, id: string | undefined) =>
    id !== undefined && table.size > 0 && (table.get(id) ?? -Infinity) > wallClock
  const { addresses, keys, users, sessions } = blocks
  if (addresses !== undefined && asker.address !== undefined && isInTable(addresses, asker.address, wallClock)) return true
  if (holds(keys, asker.keyId) || holds(sessions, asker.sessionId)) return true
  return users.size > 0 && [asker.userId, asker.userName].some((user) => user !== undefined && holds(users, foldName(user)))
}

/** Who comes with a key, or with the token of a session. */
export function askerWith(key: KeyRecord): Asker {
  return { keyId: keyIdOf(key), userId: key.ownerId, userName: key.owner, sessionId: key.sessionId }
}

/** Who is signed in. */
export function askerAs({ id, name, sessionId }: { readonly id: string; readonly name: string; readonly sessionId: string }): Asker {
  return { userId: id, userName: name, sessionId }
}
