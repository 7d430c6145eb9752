import { createServer, type AddressInfo, type LookupFunction, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AddressNotAllowed, createConnectGuard, createPolicedConnect, OPEN_POLICY, type Resolve } from './policed-connect.ts'

/** Each answer to a name in turn, the last for good. */
function resolver(...answers: readonly (readonly string[])[]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = (host, callback) => {
    const found = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(host)
    queueMicrotask(() =>
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    )
  }
  return { resolve, asked }
}

type Looked = { readonly error: Error } | { readonly found: unknown }

function look(lookup: LookupFunction, host: string, options: Parameters<LookupFunction>[1]): Promise<Looked> {
  return new Promise((resolve) => {
    lookup(host, options, (error, found) => resolve(error === null ? { found } : { error }))
  })
}

describe('a guard', () => {
  it.each([
    '169.254.169.254',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '168.63.129.16',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::a9fe:a9fe]',
    '[fe80::1]',
    '0.0.0.0',
    '[::]',
    '224.0.0.1',
    '255.255.255.255',
  ])('refuses %s under every policy', (host) => {
    expect(() => createConnectGuard(() => OPEN_POLICY, 80).check(host)).toThrow(AddressNotAllowed)
  })

  it.each(['127.0.0.1', '[::1]', '10.0.0.1', '[::ffff:10.0.0.1]'])('refuses %s where private addresses are ruled out', (host) => {
    expect(() => createConnectGuard(() => OPEN_POLICY, 80).check(host)).not.toThrow()
    expect(() => createConnectGuard(() => ({ ...OPEN_POLICY, privateAddresses: false }), 80).check(host)).toThrow(AddressNotAllowed)
  })

  it.each(['127.0.0.1', '127.5.5.5', '[::1]', '[::ffff:127.0.0.1]'])('refuses %s at a closed port, and lets it be at others', (host) => {
    const policy = { privateAddresses: true, closedPorts: [9_090] }
    expect(() => createConnectGuard(() => policy, 9_090).check(host)).toThrow(AddressNotAllowed)
    expect(() => createConnectGuard(() => policy, 9_091).check(host)).not.toThrow()
  })

  it('leaves of the addresses of a name those that are allowed', async () => {
    const { resolve } = resolver(['fe80::1', '10.0.0.1', '169.254.169.254'])
    const { lookup } = createConnectGuard(() => OPEN_POLICY, 80, resolve)
    expect(await look(lookup, 'gpu.test', { all: true })).toEqual({ found: [{ address: '10.0.0.1', family: 4 }] })
    expect(await look(lookup, 'gpu.test', {})).toEqual({ found: '10.0.0.1' })
    expect(await look(lookup, 'gpu.test', { family: 6, all: true })).toMatchObject({ error: { code: 'ERR_ADDRESS_NOT_ALLOWED' } })
  })

  it('tells a name without addresses from one that is refused', async () => {
    expect(await look(createConnectGuard(() => OPEN_POLICY, 80, resolver([]).resolve).lookup, 'no.test', {})).toMatchObject({
      error: { code: 'ENOTFOUND' },
    })
    const failing: Resolve = (_host, callback) => callback(new Error('EAI_AGAIN'), [])
    expect(await look(createConnectGuard(() => OPEN_POLICY, 80, failing).lookup, 'no.test', {})).toMatchObject({
      error: { message: 'EAI_AGAIN' },
    })
  })
})

describe('a policed connection', () => {
  let server: Server
  let connections = 0
  beforeAll(async () => {
    server = createServer((socket) => {
      connections += 1
      socket.on('error', () => {})
      socket.end()
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
  })
  afterAll(() => {
    server.close()
  })

  function connect(hostname: string, resolve: Resolve, policy = OPEN_POLICY): Promise<string> {
    const connector = createPolicedConnect(() => policy, {}, resolve)
    const port = String((server.address() as AddressInfo).port)
    return new Promise((done) => {
      connector({ hostname, protocol: 'http:', port }, (...[error, socket]) => {
        if (error !== null) return done('code' in error ? String(error.code) : error.message)
        done(`connected to ${socket.remoteAddress}`)
        return socket.destroy()
      })
    })
  }

  it('looks at the address of each connection: a name that is led elsewhere later is not followed', async () => {
    const { resolve, asked } = resolver(['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1'])
    expect(await connect('gpu.test', resolve)).toBe('connected to 127.0.0.1')
    expect(await connect('gpu.test', resolve)).toBe('ERR_ADDRESS_NOT_ALLOWED')
    expect(await connect('gpu.test', resolve)).toBe('connected to 127.0.0.1')
    expect(asked).toHaveLength(3)
  })

  it('makes none to an address that is refused', async () => {
    const { resolve, asked } = resolver(['127.0.0.1'])
    const before = connections
    expect(await connect('127.0.0.1', resolve, { privateAddresses: false, closedPorts: [] })).toBe('ERR_ADDRESS_NOT_ALLOWED')
    expect(await connect('gpu.test', resolve, { privateAddresses: false, closedPorts: [] })).toBe('ERR_ADDRESS_NOT_ALLOWED')
    expect(await connect('0.0.0.0', resolve)).toBe('ERR_ADDRESS_NOT_ALLOWED')
    expect([connections, asked]).toEqual([before, ['gpu.test']])
  })
})
