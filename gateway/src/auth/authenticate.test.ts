import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuthSettings, KeyRecord } from '../config/snapshot.ts'
import { toOpenAiError } from '../errors/openai-error.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { authenticate } from './authenticate.ts'

const record = (name: string, more: Partial<KeyRecord> = {}): KeyRecord => ({
  name,
  limits: [],
  models: ['*'],
  enabled: true,
  priority: 'default',
  ...more,
})
const keys = new Map(
  [
    record('good'),
    record('disabled', { enabled: false }),
    record('expired', { expiresAt: 999 }),
    record('later', { expiresAt: 1_001 }),
  ].map((key) => [createHash('sha256').update(`sk-${key.name}`).digest('hex'), key]),
)
const required: AuthSettings = { mode: 'required', keys, failures: { limit: 0, windowMs: 1 } }

function refusal(headers: Record<string, string>): unknown {
  try {
    authenticate(headers, required, 1_000)
    return undefined
  } catch (error) {
    return error instanceof GatewayError ? { status: error.status, ...toOpenAiError(error) } : error
  }
}

describe('authenticate', () => {
  it.each([
    { authorization: 'Bearer sk-good' },
    { authorization: 'bearer  sk-good' },
    { 'x-api-key': 'sk-good' },
    { 'api-key': 'sk-good' },
  ])('takes %j', (headers) => {
    expect(authenticate(headers, required, 1_000)?.name).toBe('good')
  })

  it('obeys the expiry', () => {
    expect(authenticate({ 'api-key': 'sk-later' }, required, 1_000)?.name).toBe('later')
  })

  it('answers every refusal with one body', () => {
    const none = refusal({})
    expect(none).toMatchObject({ status: 401, error: { code: 'invalid_api_key' } })
    const others = [
      { authorization: 'Bearer sk-unknown' },
      { authorization: 'Bearer sk-disabled' },
      { authorization: 'Bearer sk-expired' },
      { authorization: 'Basic c2stZ29vZA==' },
      { authorization: 'Bearer sk-good extra' },
      { authorization: `Bearer ${'x'.repeat(5_000)}` },
      { 'x-api-key': 'sk-goo' },
    ]
    for (const headers of others) expect(refusal(headers)).toEqual(none)
  })

  it('asks nothing where access is open', () => {
    expect(
      authenticate({ authorization: 'Bearer anything' }, { mode: 'open', keys, failures: { limit: 0, windowMs: 1 } }, 0),
    ).toBeUndefined()
  })
})
