import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressResolver } from './client-address.ts'

const PROXIES = ['10.0.0.0/8', 'fd00::/8', '192.0.2.7']
const resolve = createAddressResolver(PROXIES)

describe('the peer alone', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%eth0.100', 'fe80::1'],
    ['::1', '::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::192.0.2.33', '::c000:221'],
    ['', ''],
    ['@', '@'],
    ['0x7f.1', '0x7f.1'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is %s', (peer, expected) => expect(resolve(peer, undefined)).toBe(expected))

  it('is written as WHATWG URLs write it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const own = resolve(address, undefined)
        const url = new URL(`http://[${own.includes('.') ? `::ffff:${own}` : own}]`).hostname
        expect(url).toBe(new URL(`http://[${address}]`).hostname)
        expect(own.includes('.') || url === `[${own}]`).toBe(true)
        expect(resolve(own, undefined)).toBe(own)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('behind a trusted proxy', () => {
  it.each([
    ['one hop', '203.0.113.9', '203.0.113.9'],
    ['what the client made up stands further left', '1.1.1.1, 127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['trusted hops are passed over', '1.1.1.1, 203.0.113.9, 10.1.1.1, 192.0.2.7,10.2.2.2', '203.0.113.9'],
    ['all trusted: the first', '10.9.9.9, 10.1.1.1', '10.9.9.9'],
    ['with a port', '203.0.113.9:80', '203.0.113.9'],
    ['IPv6 with a port', '[2001:db8::0:1]:80', '2001:db8::1'],
    ['IPv6 in brackets', '[2001:db8::1]', '2001:db8::1'],
    ['IPv6 bare', '2001:db8::1', '2001:db8::1'],
    ['quoted', '"[2001:db8::1]"', '2001:db8::1'],
    ['quoted with a port', '"[2001:db8::1]:80"', '2001:db8::1'],
    ['mapped', '::ffff:203.0.113.9', '203.0.113.9'],
    ['mapped in hex, in brackets', '[::ffff:cb00:7109]:80', '203.0.113.9'],
    ['a mapped proxy', '203.0.113.9, ::ffff:10.1.1.1', '203.0.113.9'],
    ['an IPv6 proxy', '203.0.113.9, fd12::1', '203.0.113.9'],
    ['with a zone', 'fe80::1%eth0', 'fe80::1'],
    ['tabs and no spaces', '1.1.1.1,\t203.0.113.9\t', '203.0.113.9'],
  ])('%s', (_, header, expected) => {
    expect(resolve('10.0.0.1', header)).toBe(expected)
    expect(resolve('::ffff:10.0.0.1', header)).toBe(expected)
    expect(resolve('fd00::1', header)).toBe(expected)
  })

  it.each([
    '',
    ',',
    '1.1.1.1,',
    'unknown',
    '_hidden',
    'localhost',
    'for="[::1]"',
    'for=1.1.1.1',
    '1.1.1.1 2.2.2.2',
    '256.1.1.1',
    '01.1.1.1',
    '0x1.1.1.1',
    '1.1.1',
    '16843009',
    '1.1.1.1:',
    '1.1.1.1:http',
    '1.1.1.1:123456',
    '[1.1.1.1]',
    '[::1',
    '::1]',
    '"::1',
    '[]',
    '""',
    ':::1',
    '1::2::3',
    '1.1.1.1/8',
    '1.1.1.1\u0000',
  ])('stops at %j and takes the hop before it', (garbage) => {
    expect(resolve('10.0.0.1', garbage)).toBe('10.0.0.1')
    expect(resolve('10.0.0.1', `1.1.1.1, ${garbage}`)).toBe('10.0.0.1')
    expect(resolve('10.0.0.1', `1.1.1.1, ${garbage}, 10.2.2.2`)).toBe('10.2.2.2')
    expect(resolve('10.0.0.1', `1.1.1.1, ${garbage}, 203.0.113.9`)).toBe('203.0.113.9')
  })

  it('looks at 32 hops and no more', () => {
    const hops = (count: number) => `203.0.113.9, ${Array.from({ length: count }, (_, index) => `10.0.1.${index}`).join(', ')}`
    expect(resolve('10.0.0.1', hops(31))).toBe('203.0.113.9')
    expect(resolve('10.0.0.1', hops(32))).toBe('10.0.1.0')
  })

  it('looks at the last 2 KB, and at no half entry', () => {
    const padding = ' '.repeat(2_030)
    expect(resolve('10.0.0.1', `203.0.113.9,${padding}10.1.1.1`)).toBe('10.1.1.1')
    expect(resolve('10.0.0.1', `203.0.113.9,${padding} 10.1`)).toBe('10.0.0.1')
    expect(resolve('10.0.0.1', `203.0.113.9,${' '.repeat(2_028)}10.1.1.1`)).toBe('203.0.113.9')
    expect(resolve('10.0.0.1', `2${' '.repeat(3_000)}`)).toBe('10.0.0.1')
  })

  it('cuts where an entry would turn into another address', () => {
    const filler = Array.from({ length: 24 }, () => `10.1.1.1${' '.repeat(75)}`).join(',')
    const header = `203.0.113.9,${filler}`
    for (let spaces = 0; spaces < 40; spaces += 1) {
      expect(['203.0.113.9', '10.1.1.1']).toContain(resolve('10.0.0.1', header + ' '.repeat(spaces)))
    }
  })
})

describe('spoofing', () => {
  const octets = fc.tuple(fc.constantFrom(1, 8, 99, 172, 198, 203), fc.nat(255), fc.nat(255), fc.nat(255))
  const untrusted = fc.oneof(
    octets.map((octets) => octets.join('.')),
    fc.ipV6().filter((address) => !/^(fd|0*:|:)/i.test(address)),
  )
  const trusted = fc.constantFrom('10.0.0.1', '10.255.1.2', '192.0.2.7', 'fd00::1', '::ffff:10.3.3.3')
  const entry = fc.oneof(fc.ipV4(), fc.ipV6(), trusted, fc.constantFrom('127.0.0.1', '::1', 'unknown', ''), fc.string())
  const header = fc.oneof(
    fc.array(entry, { maxLength: 50 }).map((entries) => entries.join(', ')),
    fc.string({ maxLength: 5_000 }),
  )

  it('has no effect from a peer that is not trusted', () => {
    fc.assert(
      fc.property(untrusted, header, (peer, header) => {
        expect(resolve(peer, header)).toBe(resolve(peer, undefined))
      }),
      { numRuns: 10_000 },
    )
  })

  it('has no effect where nothing is trusted', () => {
    const trustNobody = createAddressResolver([])
    fc.assert(
      fc.property(trusted, header, (peer, header) => {
        expect(trustNobody(peer, header)).toBe(trustNobody(peer, undefined))
      }),
    )
  })

  it('has no effect through trusted proxies that append whom they see', () => {
    fc.assert(
      fc.property(header, untrusted, fc.array(trusted, { minLength: 1, maxLength: 5 }), (spoofed, client, proxies) => {
        const seen = [spoofed, client, ...proxies.slice(0, -1)].join(', ')
        expect(resolve(proxies.at(-1) ?? '', seen)).toBe(resolve(client, undefined))
      }),
      { numRuns: 2_000 },
    )
  })

  it('never throws, whatever stands in the header', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abf.:[]%," \t') }), (header) => {
        expect(typeof resolve('10.0.0.1', header)).toBe('string')
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('trusted proxies', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.1.2.3/32', '10.1.2.4', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['10.1.2.3/9', '10.127.0.1', true],
    ['10.1.2.3/9', '10.128.0.1', false],
    ['0.0.0.0/0', '10.1.2.3', true],
    ['0.0.0.0/0', 'fd00::1', false],
    ['::/0', 'fd00::1', true],
    ['::/0', '::ffff:10.1.2.3', false],
    ['fd00::1', 'fd00:0::1', true],
    ['fd00::1', 'fd00::2', false],
    ['fd00::/7', 'fc00::1', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '11.1.2.3', false],
    ['::ffff:10.1.2.3', '::ffff:10.1.2.3', true],
    ['::ffff:0:0/96', '10.1.2.3', true],
    ['::ffff:0:0/95', '10.1.2.3', false],
    ['::127.0.0.1', '127.0.0.1', false],
    ['::127.0.0.1/128', '127.0.0.1', false],
    ['10.1.2.3', '::10.1.2.3', false],
  ])('%s, peer %s: %s', (proxy, peer, trusted) => {
    expect(createAddressResolver([proxy])(peer, '203.0.113.9') === '203.0.113.9').toBe(trusted)
  })

  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '010.0.0.0/8', '10/8', 'fd00::/129', '*'])(
    'refuses %j',
    (proxy) => {
      expect(() => createAddressResolver([proxy])).toThrow(`got '${proxy}'`)
    },
  )
})
