import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveArgon2id } from './derive.ts'
import { formatPasswordHash, HASH_COST, isOutdated, parsePasswordHash } from './password-hash.ts'
import { createPasswordHasher } from './password-hasher.ts'

describe('the PHC string', () => {
  it('is read as it was written', () => {
    const bytes = (least: number) => fc.uint8Array({ minLength: least, maxLength: 64 })
    const cost = fc.record({
      m: fc.integer({ min: 8, max: 9_999_999 }),
      t: fc.integer({ min: 1, max: 99 }),
      p: fc.integer({ min: 1, max: 99 }),
    })
    fc.assert(
      fc.property(cost, bytes(8), bytes(16), (cost, salt, hash) => {
        const read = parsePasswordHash(formatPasswordHash({ cost, salt, hash }))
        expect(read?.cost).toEqual(cost)
        expect(Buffer.from(read?.salt ?? []).equals(salt)).toBe(true)
        expect(Buffer.from(read?.hash ?? []).equals(hash)).toBe(true)
      }),
    )
  })

  it.each([
    '',
    'plain',
    '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA',
    '$argon2id$v=16$m=1,t=1,p=1$c29tZXNhbHQ$x',
    '{noop}x',
  ])('is not %j', (text) => {
    expect(parsePasswordHash(text)).toBeUndefined()
  })

  it('is outdated when it cost less than is asked now', () => {
    const made = { cost: HASH_COST, salt: new Uint8Array(), hash: new Uint8Array() }
    expect(isOutdated(made, HASH_COST)).toBe(false)
    expect(isOutdated(made, { ...HASH_COST, m: HASH_COST.m + 1 })).toBe(true)
    expect(isOutdated(made, { ...HASH_COST, t: HASH_COST.t + 1 })).toBe(true)
  })
})

describe('argon2id', () => {
  const hasher = createPasswordHasher({ derive: deriveArgon2id, random: randomBytes })

  it('knows the password again, in any composition of its letters, and no other', async () => {
    const hash = await hasher.hash('pässword for all')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await hasher.verify('pa\u0308ssword for all', hash)).toEqual({ ok: true, outdated: false })
    expect(await hasher.verify('pässword for alL', hash)).toEqual({ ok: false, outdated: false })
    expect(await hasher.hash('pässword for all')).not.toBe(hash)
  })

  it('is the one of RFC 9106, as others make it', async () => {
    // Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect((await hasher.verify('password', reference)).ok).toBe(true)
  })

  it('costs the same work for nobody', async () => {
    expect(await hasher.verify('x', undefined)).toEqual({ ok: false, outdated: false })
  })
})
