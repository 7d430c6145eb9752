import { describe, expect, it } from 'vitest'
import { CREDENTIAL_SIZE, credentialAccepted, credentialParkedUntil, parkCredential } from './credential.ts'

const fresh = () => new Float64Array(CREDENTIAL_SIZE)

describe('a credential', () => {
  it('may be used when new', () => {
    expect(credentialParkedUntil(fresh(), 0)).toBeUndefined()
    expect(credentialAccepted(fresh())).toBe(false)
  })

  it('is skipped for a minute after it was refused', () => {
    const state = fresh()
    expect(parkCredential(state, 1_000)).toBe(true)
    expect(credentialParkedUntil(state, 1_000)).toBe(61_000)
    expect(credentialParkedUntil(state, 60_999)).toBe(61_000)
    expect(credentialParkedUntil(state, 61_000)).toBeUndefined()
  })

  it('is news once until it is accepted', () => {
    const state = fresh()
    expect(parkCredential(state, 0)).toBe(true)
    expect(parkCredential(state, 10)).toBe(false)
    expect(credentialParkedUntil(state, 10)).toBe(60_010)
    expect(parkCredential(state, 100_000)).toBe(false)
    expect(credentialParkedUntil(state, 100_000)).toBe(160_000)
    expect(credentialAccepted(state)).toBe(true)
    expect(credentialParkedUntil(state, 100_001)).toBeUndefined()
    expect(credentialAccepted(state)).toBe(false)
    expect(parkCredential(state, 100_002)).toBe(true)
  })

  it('is skipped for no more than a minute after the clock was set back, once', () => {
    const state = fresh()
    parkCredential(state, 3_600_000)
    expect(credentialParkedUntil(state, 1_000)).toBe(61_000)
    expect(credentialParkedUntil(state, 2_000)).toBe(61_000)
    expect(credentialParkedUntil(state, 3_600_000)).toBeUndefined()
  })
})
