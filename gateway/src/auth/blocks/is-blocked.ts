import { foldName } from '../accounts/user-claim.ts'
import type { Blocks } from '../../config/snapshot.ts'
import { isInTable } from '../../lib/address-table.ts'

/** Who asks, as far as that is known. */
export interface Asker {
  /** The client's, trusted proxies seen through. */
  readonly address?: string
  readonly keyId?: string
  /** Their name, in any case. */
  readonly userId?: string
  readonly sessionId?: string
}

/** Whether any of them is blocked at this time. */
export function isBlocked(blocks: Blocks | undefined, asker: Asker, wallClock: number): boolean {
  if (blocks === undefined) return false
  const holds = (table: ReadonlyMap<string, number>, id: string | undefined) =>
    id !== undefined && table.size > 0 && (table.get(id) ?? -Infinity) > wallClock
  if (blocks.addresses !== undefined && asker.address !== undefined && isInTable(blocks.addresses, asker.address, wallClock)) return true
  const user = asker.userId === undefined || blocks.users.size === 0 ? undefined : foldName(asker.userId)
  return holds(blocks.keys, asker.keyId) || holds(blocks.users, user) || holds(blocks.sessions, asker.sessionId)
}
