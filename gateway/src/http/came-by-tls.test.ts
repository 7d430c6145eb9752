import { describe, expect, it } from 'vitest'
import { cameByTls } from './came-by-tls.ts'
import { createProxyTrust } from './client-address.ts'

const isTrusted = createProxyTrust(['10.0.0.0/8', '::1'])

describe('cameByTls', () => {
  it.each([
    [true, '203.0.113.1', undefined, true],
    [false, '10.1.2.3', 'https', true],
    [false, '::ffff:10.1.2.3', 'HTTPS', true],
    [false, '::1', 'http, https', true],
    [false, '10.1.2.3', 'https, http', false],
    [false, '10.1.2.3', undefined, false],
    [false, '203.0.113.1', 'https', false],
    [false, '', 'https', false],
  ])('encrypted %s, from %j, saying %j: %s', (encrypted, peer, forwardedProto, secure) => {
    expect(cameByTls({ encrypted, peer, forwardedProto }, isTrusted)).toBe(secure)
  })
})
