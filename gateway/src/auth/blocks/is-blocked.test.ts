import { describe, expect, it } from 'vitest'
import { isBlocked, type Asker } from './is-blocked.ts'
import { blocksOf, type StoredBlock } from './stored-block.ts'

const made = { createdAt: '2027-01-01T00:00:00.000Z', createdBy: 'ada' }
const block = (kind: StoredBlock['kind'], value: string): StoredBlock => ({ kind, value, reason: 'test', ...made })
const holds = (stored: StoredBlock, asker: Asker) => isBlocked(blocksOf([stored]), asker, 0)

describe('who is blocked', () => {
  it.each<[StoredBlock, Asker]>([
    [block('user', 'Ada'), { userName: 'ada' }],
    [block('user', 'ada'), { userName: 'ADA' }],
    [block('user', '0a1b'), { userId: '0a1b' }],
    [
      { ...block('user', 'ada'), user: { id: '0a1b', name: 'ada' } },
      { userId: '0a1b', userName: 'renamed' },
    ],
    [block('session', 's~1'), { sessionId: 's~1', userName: 'ada' }],
    [block('key', 'k-1'), { keyId: 'k-1' }],
    [block('address', '10.0.0.0/8'), { address: '::ffff:10.1.2.3' }],
    [block('address', '::ffff:10.0.0.1'), { address: '10.0.0.1' }],
  ])('%j: %j', (stored, asker) => {
    expect(holds(stored, asker)).toBe(true)
  })

  it.each<[StoredBlock, Asker]>([
    [block('user', 'ada'), { userName: 'adam' }],
    [block('key', 'k-1'), { keyId: 'K-1' }],
    [block('session', 's~1'), { userId: 's~1' }],
  ])('not %j: %j', (stored, asker) => {
    expect(holds(stored, asker)).toBe(false)
  })
})
