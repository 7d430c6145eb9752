<<<<<<< HEAD
import { keyIdOf } from '../../config/key-id.ts'
import type { Blocks, KeyRecord } from '../../config/snapshot.ts'
=======
import { foldName } from '../accounts/user-claim.ts'
import type { Blocks } from '../../config/snapshot.ts'
>>>>>>> control
import { isInTable } from '../../lib/address-table.ts'

/** Who asks, as far as that is known. */
export interface Asker {
  /** The client's, trusted proxies seen through. */
<<<<<<< HEAD
  readonly address?: string | undefined
  readonly keyId?: string | undefined
  readonly userId?: string | undefined
  readonly userName?: string | undefined
  readonly sessionId?: string | undefined
=======
  readonly address?: string
  readonly keyId?: string
  /** Their name, in any case. */
  readonly userId?: string
  readonly sessionId?: string
>>>>>>> control
}

/** Whether any of them is blocked at this time. */
export function isBlocked(blocks: Blocks | undefined, asker: Asker, wallClock: number): boolean {
  if (blocks === undefined) return false
  const holds = (table: ReadonlyMap<string, number>, id: string | undefined) =>
    id !== undefined && table.size > 0 && (table.get(id) ?? -Infinity) > wallClock
  if (blocks.addresses !== undefined && asker.address !== undefined && isInTable(blocks.addresses, asker.address, wallClock)) return true
<<<<<<< HEAD
  const { keys, users, sessions } = blocks
  return holds(keys, asker.keyId) || holds(users, asker.userId) || holds(users, asker.userName) || holds(sessions, asker.sessionId)
}

/** Who comes with a key, or with the token of a session. */
export function askerWith(key: KeyRecord): Asker {
  return { keyId: keyIdOf(key), userId: key.ownerId, userName: key.owner, sessionId: key.sessionId }
=======
  const user = asker.userId === undefined || blocks.users.size === 0 ? undefined : foldName(asker.userId)
  return holds(blocks.keys, asker.keyId) || holds(blocks.users, user) || holds(blocks.sessions, asker.sessionId)
>>>>>>> control
}
