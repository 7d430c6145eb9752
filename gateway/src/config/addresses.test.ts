import { describe, expect, it } from 'vitest'
import { hostKindOf, isLoopbackHost, isUnspecifiedHost } from './addresses.ts'

/** As the URL parser leaves a host. */
function hostOf(host: string): string {
  return new URL(`http://${host}/`).hostname
}

describe('hostKindOf', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fd00:0ec2:0:0::254]',
    '[fe80::1]',
    '[febf::1]',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata.goog',
  ])('%s', (host) => {
    expect(hostKindOf(hostOf(host))).toBe('forbidden')
  })

  it.each([
    '10.0.0.5',
    '127.0.0.1',
    '169.253.0.1',
    '100.100.100.201',
    '[fd00::1]',
    '[fec0::1]',
    '[::1]',
    'localhost',
    'metadata.example.com',
  ])('not %s', (host) => {
    expect(hostKindOf(hostOf(host))).not.toBe('forbidden')
  })
})

describe('isLoopbackHost', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST.'])('%s', (host) => {
    expect(isLoopbackHost(host)).toBe(true)
  })

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.1', '0177.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', ''])('not %s', (host) => {
    expect(isLoopbackHost(host)).toBe(false)
  })
})

it('knows the addresses that stand for all', () => {
  expect(['0.0.0.0', '::', '[::]', '127.0.0.1', 'localhost'].map(isUnspecifiedHost)).toEqual([true, true, true, false, false])
})
