import { foldName } from '../accounts/user-claim.ts'
import { blockSchema, type ShownBlock } from '@jairouter/contract/management/blocks'
import type { Blocks } from '../../config/snapshot.ts'
import { addressTable } from '../../lib/address-table.ts'
import type { Stored } from '../../store/port.ts'

const storedSchema = blockSchema.omit({ id: true, status: true })
export type StoredBlock = Omit<ShownBlock, 'id' | 'status'>

/** Undefined for what is no block. */
export function readBlock(body: unknown): StoredBlock | undefined {
  const block = storedSchema.safeParse(body).data
  return block === undefined || (block.kind === 'address' && !isRange(block.value)) ? undefined : block
}

function isRange(range: string): boolean {
  try {
    addressTable([{ range }])
    return true
  } catch {
    return false
  }
}

export function shownBlock({ id, body }: Pick<Stored<StoredBlock>, 'id' | 'body'>, wallClock: number): ShownBlock {
  return { id, ...body, status: untilOf(body) > wallClock ? 'active' : 'expired' }
}

/** As requests are refused by; undefined where there are none. */
export function blocksOf(stored: Iterable<StoredBlock>): Blocks | undefined {
  const all = [...stored]
  if (all.length === 0) return undefined
  const ranges = all.filter(({ kind }) => kind === 'address').map((block) => ({ range: block.value, until: untilOf(block) }))
  const table = (wanted: StoredBlock['kind']) => {
    const until = new Map<string, number>()
    for (const block of all) {
      if (block.kind !== wanted) continue
      // `Ada` and `ada` are the same user.
      for (const value of wanted === 'user' ? valuesOf(block).map(foldName) : [block.value])
        until.set(value, Math.max(untilOf(block), until.get(value) ?? -Infinity))
    }
    return until
  }
  return {
    addresses: ranges.length === 0 ? undefined : addressTable(ranges),
    keys: table('key'),
    users: table('user'),
    sessions: table('session'),
  }
}

function valuesOf({ value, user }: StoredBlock): readonly string[] {
  return user === undefined ? [value] : [value, user.id, user.name]
}

function untilOf({ expires }: StoredBlock): number {
  return expires === undefined ? Infinity : Date.parse(expires)
}
