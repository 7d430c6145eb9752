import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKindOf, isPublicAddress } from './public-address.ts'

type Block = readonly [name: string, first: string, last: string, before: string | undefined, after: string | undefined]

/** First and last address of each block that isn't public, with the neighbours where those are. */
const IPV4_BLOCKS: readonly Block[] = [
  ['unspecified', '0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
  ['private 10/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['carrier-grade NAT', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['link-local', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['private 172.16/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['documentation 1', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['6to4 relays', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['private 192.168/16', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['benchmarks', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['documentation 2', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['documentation 3', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['multicast', '224.0.0.0', '239.255.255.255', '223.255.255.255', undefined],
  ['reserved and broadcast', '240.0.0.0', '255.255.255.255', undefined, undefined],
]

const IPV6_BLOCKS: readonly Block[] = [
  ['below global unicast', '400::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, '2000::'],
  ['protocol assignments', '2001:1::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, '2001:200::'],
  ['documentation', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
  ['documentation 2', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3ffe:ffff::', '3fff:1000::'],
  ['above global unicast', '4000::', 'fbff:ffff::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  ['discard', '100::', '100::ffff:ffff:ffff:ffff', undefined, undefined],
  ['local NAT64', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['local NAT64 with a public IPv4', '64:ff9b:1::8.8.8.8', '64:ff9b:1:ffff:ffff:ffff:808:808', undefined, undefined],
  ['translated IPv4', '::ffff:0:0:0', '::ffff:0:8.8.8.8', undefined, undefined],
  ['segment routing', '5f00::', '5f00:ffff::', undefined, undefined],
  ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
]

describe('isPublicAddress', () => {
  it.each([...IPV4_BLOCKS, ...IPV6_BLOCKS])('keeps out %s, from the first address to the last', (_name, first, last, before, after) => {
    expect({ first: isPublicAddress(first), last: isPublicAddress(last) }).toEqual({ first: false, last: false })
    expect([before, after].filter((neighbour) => neighbour !== undefined && !isPublicAddress(neighbour))).toEqual([])
  })

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2A00:1450:4001:0000:0000:0000:0000:200E',
    '2a00:1450::1%eth0',
  ])('lets %s through', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    '::',
    '0:0:0:0:0:0:0:0',
    '::1',
    '0000:0000:0000:0000:0000:0000:0000:0001',
    '::0.0.0.1',
    'fe80::1%eth0',
    'fe80::1%br-lan.1',
    'FE80::1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:127.0.0.1',
    '::ffff:10.0.0.1%eth0',
  ])('keeps out %s', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    '',
    'localhost',
    'example.com',
    '8.8.8',
    '8.8.8.8.',
    ' 8.8.8.8',
    '8.8.8.8/32',
    '134744072',
    '0x8.8.8.8',
    '010.8.8.8',
    '256.8.8.8',
  ])('takes %j for no address', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['[2606:4700::1]', '2606:4700::1::', '2606:4700:::1', '2606:4700::1%', '2606:4700::g', '2606:4700:1:2:3:4:5'])(
    'takes %j for no address',
    (address) => {
      expect(isPublicAddress(address)).toBe(false)
    },
  )

  it('keeps out Azure’s virtual public address and nothing beside it', () => {
    expect(['168.63.129.15', '168.63.129.16', '168.63.129.17'].map(isPublicAddress)).toEqual([true, false, true])
  })
})

const octet = fc.nat({ max: 255 })
/** Half of them of a network that isn't public: chance alone would find too few. */
const ipv4 = fc.oneof(
  fc.tuple(octet, octet, octet, octet),
  fc.tuple(fc.constantFrom(0, 10, 127, 224, 240), octet, octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
)

function groups(octets: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = octets
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

describe('an IPv6 address that carries IPv4', () => {
  it.each<[name: string, wrap: (octets: readonly number[]) => string]>([
    ['mapped', (octets) => `::ffff:${octets.join('.')}`],
    ['mapped, in hexadecimal', (octets) => `0:0:0:0:0:ffff:${groups(octets)}`],
    ['compatible', (octets) => `::${octets.join('.')}`],
    ['compatible, in hexadecimal', (octets) => `0:0:0:0:0:0:${groups(octets)}`],
    ['NAT64', (octets) => `64:ff9b::${octets.join('.')}`],
    ['6to4', (octets) => `2002:${groups(octets)}::1`],
    ['Teredo, the client', (octets) => `2001:0:808:808:0:0:${groups(octets.map((byte) => 255 - byte))}`],
    ['Teredo, the server', (octets) => `2001:0:${groups(octets)}:0:0:f7f7:f7f7`],
  ])('is of the same kind as that one: %s', (_name, wrap) => {
    fc.assert(
      fc.property(ipv4, (octets) => {
        const plain = octets.join('.')
        expect(isPublicAddress(wrap(octets))).toBe(isPublicAddress(plain))
        expect(addressKindOf(wrap(octets))).toBe(addressKindOf(plain))
      }),
      { examples: [[[8, 8, 8, 8]], [[127, 0, 0, 1]], [[169, 254, 169, 254]], [[168, 63, 129, 16]]] },
    )
  })

  it('is judged by its worse half', () => {
    expect(addressKindOf('2001:0:7f00:1:0:0:5601:5601')).toBe('forbidden')
    expect(addressKindOf('2001:0:a9fe:a9fe:0:0:80ff:fffe')).toBe('forbidden')
    expect(addressKindOf('2001:0:808:808:0:0:f5ff:fffe')).toBe('private')
  })
})

describe('addressKindOf', () => {
  it.each([
    ['169.254.0.0'],
    ['169.254.169.254'],
    ['169.254.255.255'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['168.63.129.16'],
    ['fe80::1%eth0'],
    ['febf::'],
    ['fd00:ec2::254'],
    ['FD00:0EC2:0:0:0:0:0:254'],
    ['fd20:ce::254'],
    ['fd00:42::42'],
    ['::ffff:169.254.169.254'],
    ['64:ff9b::a9fe:a9fe'],
    ['2002:a9fe:a9fe::1'],
    ['0.0.0.0'],
    ['0.1.2.3'],
    ['::'],
    ['::ffff:0.0.0.0'],
    ['224.0.0.1'],
    ['239.255.255.250'],
    ['255.255.255.255'],
    ['ff02::1'],
    [''],
    ['metadata'],
    ['127.1'],
  ])('forbids %s', (address) => {
    expect(addressKindOf(address)).toBe('forbidden')
  })

  it.each([
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.100.100.201',
    '192.0.0.191',
    'fd00:ec2::255',
    'fec0::1',
    '240.0.0.1',
  ])('takes %s for private', (address) => {
    expect(addressKindOf(address)).toBe('private')
  })

  it.each(['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])('takes %s for public', (address) => {
    expect(addressKindOf(address)).toBe('public')
  })
})
