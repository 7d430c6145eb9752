import { describe, expect, it } from 'vitest'
import { isHostAllowed, isOriginAllowed } from './host-allow-list.ts'

describe('isHostAllowed', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.',
    'gateway.localhost',
    '127.0.0.1',
    '10.1.2.3:80',
    '[::1]',
    '[fe80::1]:8080',
    'gw.lan:1',
  ])('takes %s', (host) => expect(isHostAllowed(host, ['gw.lan'])).toBe(true))

  it.each([
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    'evillocalhost',
    '127.0.0.1.nip.example',
    '127.1',
    '0x7f000001',
    '2130706433',
    'user@localhost',
    'localhost@evil.example',
    'localhost:',
    'localhost:80:80',
    'localhost/..',
    '::1',
    '[::1',
    'gw.lan.evil.example',
    'xgw.lan',
  ])('refuses %s', (host) => expect(isHostAllowed(host, ['gw.lan'])).toBe(false))

  it('takes every name where the setting says so', () => {
    expect(isHostAllowed('anything.example', ['*'])).toBe(true)
    expect(isHostAllowed('a.b.example:1', ['*.example'])).toBe(true)
  })
})

describe('isOriginAllowed', () => {
  it.each([
    [undefined, 'x', true],
    ['http://gw.lan', 'gw.lan', true],
    ['https://gw.lan', 'gw.lan', true],
    ['https://gw.lan', 'gw.lan:443', true],
    ['http://gw.lan:8080', 'gw.lan:8080', true],
    ['http://gw.lan:8080', 'gw.lan:8081', false],
    ['http://gw.lan', 'gw.lan:8080', false],
    ['https://named.lan', '10.0.0.1', true],
    ['https://named.lan:8443', '10.0.0.1', true],
    ['null', 'gw.lan', false],
    ['chrome-extension://gw.lan', 'gw.lan', false],
    ['http://evil.example', 'gw.lan', false],
    ['http://evil.example', undefined, false],
  ])('of %s for %s is %s', (origin, host, expected) => expect(isOriginAllowed(origin, host, ['named.lan'])).toBe(expected))

  it('does not take every origin where every host is taken', () => {
    expect(isOriginAllowed('http://evil.example', 'gw.lan', ['*'])).toBe(false)
  })
})
