import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BUILTIN_ADAPTERS } from '../../src/adapters/registry.ts'
import { APART_MS, TRUSTED_AFTER } from '../../src/upstream/backend-pool.ts'
import { bareBackend } from '../../src/upstream/bare-backend.ts'
import { REST_MS } from '../../src/upstream/idle-connections.ts'
import { createPools } from '../../src/upstream/pools.ts'
import type { UpstreamRequest } from '../../src/upstream/port.ts'
import { eventually } from '../support/eventually.ts'

const wire = (text: string, more = '') => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n${more}\r\n${text}`

/** Pools under a clock of the test's own, before a server that answers the requests of each connection, counted from 0. */
async function startPair(answer: (socket: Socket, number: number) => void) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    let number = 0
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (!chunk.includes(' HTTP/1.1\r\n')) return
      answer(socket, number)
      number += 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const apart: number[] = []
  const clock = { now: 1_000_000 }
  const pools = createPools({ now: () => clock.now, onUnasked: (_backend, apartMs) => apart.push(apartMs) })
  onTestFinished(() => pools.destroy())
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  const adapter = BUILTIN_ADAPTERS.get('vllm')
  if (adapter === undefined) throw new Error('no such adapter')
  const backend = bareBackend(adapter, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, basePath: '' })
  const open = (more: Partial<UpstreamRequest> = {}) =>
    pools.open({ backend, method: 'GET', path: '/', headers: {}, body: undefined, ...more })
  const ask = async (more: Partial<UpstreamRequest> = {}) => {
    const exchange = open(more)
    const texts: string[] = []
    try {
      await exchange.head
      for (let chunk = await exchange.read(); chunk !== undefined; chunk = await exchange.read()) texts.push(chunk.toString())
      return texts.join('')
    } catch (error) {
      exchange.abort(new Error('over'))
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    }
  }
  return { open, ask, clock, sockets, apart, backend, socketsOf: (of = backend) => pools.socketsOf(of) }
}

describe('a connection', () => {
  it('serves again when it has rested, and another is made before that', async () => {
    const { ask, clock, sockets, socketsOf } = await startPair((socket, number) => socket.write(wire(String(number))))
    expect([await ask(), await ask()]).toEqual(['0', '0'])
    clock.now += REST_MS
    expect([await ask(), await ask(), await ask()]).toEqual(['1', '1', '0'])
    expect(sockets).toHaveLength(3)
    expect(socketsOf()).toEqual({ used: 0, free: 3 })
  })

  it('need not rest where a thousand answers had nothing behind them', async () => {
    const { ask, clock, sockets } = await startPair((socket, number) => socket.write(wire(String(number))))
    for (let answers = 0; answers < TRUSTED_AFTER; answers += 1) {
      await ask()
      if (answers < TRUSTED_AFTER - 1) clock.now += REST_MS
    }
    expect(sockets).toHaveLength(1)
    expect([await ask(), await ask()]).toEqual([String(TRUSTED_AFTER), String(TRUSTED_AFTER + 1)])
  })

  it('that the backend closes is forgotten', async () => {
    const { ask, clock, sockets, socketsOf } = await startPair((socket, number) => socket.write(wire(String(number))))
    await ask()
    expect(socketsOf()).toEqual({ used: 0, free: 1 })
    sockets[0]?.destroy()
    await eventually(() => expect(socketsOf()).toEqual({ used: 0, free: 0 }))
    clock.now += REST_MS
    expect(await ask()).toBe('0')
    expect(sockets).toHaveLength(2)
  })

  it.each([
    { how: 'it serves once', answer: wire('x'), more: { keepAlive: false } },
    { how: 'its answer makes no sense', answer: 'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n', more: {} },
    { how: 'its answer was cut', answer: undefined, more: {} },
    { how: 'nobody listens', answer: undefined, more: { origin: 'http://127.0.0.1:1' } },
  ])('is forgotten where $how', async ({ answer, more }) => {
    const { ask, socketsOf, backend } = await startPair((socket) => (answer === undefined ? socket.end() : socket.write(answer)))
    const asked = { backend: { ...backend, ...more } }
    await Promise.all([ask(asked), ask(asked)])
    await eventually(() => expect(socketsOf(asked.backend)).toEqual({ used: 0, free: 0 }))
  })

  it('is forgotten where the request on it was given up, before it stood or later', async () => {
    const { open, socketsOf, sockets } = await startPair(() => {})
    const early = open()
    early.abort(new Error('early'))
    const late = open()
    await eventually(() => expect(sockets).toHaveLength(2))
    expect(socketsOf().free).toBe(0)
    late.abort(new Error('late'))
    await expect(late.head).rejects.toThrow('late')
    await eventually(() => expect(socketsOf()).toEqual({ used: 0, free: 0 }))
  })
})

describe('what nobody asked for', () => {
  it('and comes while the connection rests ends it before the next request', async () => {
    const { ask, clock, sockets, apart } = await startPair((socket, number) => socket.write(wire(`own ${number}`)))
    expect(await ask()).toBe('own 0')
    sockets[0]?.write(wire('foreign'))
    await eventually(() => expect(apart).toEqual([APART_MS]))
    clock.now += REST_MS
    expect(await ask()).toBe('own 0')
  })

  it('and comes in one read with the answer is not told from it: neither is believed', async () => {
    const { ask, clock, apart } = await startPair((socket, number) =>
      socket.write(number === 0 ? wire('first') : wire('foreign') + wire('own')),
    )
    expect(await ask()).toBe('first')
    clock.now += REST_MS
    expect(await ask()).toBe('two answers to one request')
    await eventually(() => expect(apart).toEqual([APART_MS]))
  })

  it('nor is one of them that came in parts', async () => {
    const foreign = wire('foreign'.repeat(100))
    const { ask, clock } = await startPair((socket, number) => {
      if (number === 0) return void socket.write(wire('first'))
      socket.write(foreign.slice(0, 200), () => setImmediate(() => socket.write(foreign.slice(200) + wire('own'))))
    })
    await ask()
    clock.now += REST_MS
    expect(await ask()).toBe('two answers to one request')
  })

  it('behind the first answer of a connection leaves that what it is', async () => {
    const { ask, apart, sockets } = await startPair((socket) => socket.write(wire('own') + wire('foreign')))
    expect(await ask()).toBe('own')
    await eventually(() => expect(apart).toEqual([APART_MS]))
    expect(await ask()).toBe('own')
    expect(sockets).toHaveLength(2)
  })

  it('and comes before the request was sent is no answer to it, but an error may be', async () => {
    const body = Buffer.alloc(32 * 1024 ** 2)
    const refusal = 'HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno'
    for (const [early, expected] of [
      [wire('foreign'), 'an answer before the request was sent'],
      [refusal, 'no'],
    ] as const) {
      const { ask, clock, apart } = await startPair((socket, number) => {
        if (number === 0) return void socket.write(wire('first'))
        // The rest of the request stays where it is.
        socket.pause()
        socket.write(early)
      })
      expect(await ask()).toBe('first')
      clock.now += REST_MS
      expect(await ask({ method: 'POST', body })).toBe(expected)
      expect(apart).toEqual(early === refusal ? [] : [APART_MS])
    }
  })
})

it('nor does one serve again that was answering when another brought what nobody asked for', async () => {
  const { ask, clock, sockets, apart } = await startPair((socket, number) => {
    if (socket !== sockets[1]) socket.write(wire(`own ${number}`))
  })
  await ask()
  const slow = ask()
  await eventually(() => expect(sockets).toHaveLength(2))
  sockets[0]?.write(wire('foreign'))
  await eventually(() => expect(apart).toEqual([APART_MS]))
  sockets[1]?.write(wire('slow'))
  expect(await slow).toBe('slow')
  clock.now += REST_MS
  expect(await ask()).toBe('own 0')
  expect(sockets).toHaveLength(3)
})

it('no connection to such a backend is used twice for ten minutes, and for twenty after the next time', async () => {
  const { ask, clock, sockets, apart } = await startPair((socket, number) => socket.write(wire(`own ${number}`)))
  const spoil = async () => {
    for (const socket of sockets) if (!socket.destroyed) socket.write(wire('foreign'))
    const before = apart.length
    await eventually(() => expect(apart.length).toBeGreaterThan(before))
  }
  // Two that are idle: neither serves again.
  await Promise.all([ask(), ask()])
  sockets[0]?.write(wire('foreign'))
  await eventually(() => expect(apart).toEqual([APART_MS]))
  for (const wait of [REST_MS, REST_MS, APART_MS - 2 * REST_MS - 1]) {
    clock.now += wait
    expect(await ask()).toBe('own 0')
  }
  expect(sockets).toHaveLength(5)
  clock.now += 1
  expect(await ask()).toBe('own 0')
  clock.now += REST_MS
  expect(await ask()).toBe('own 1')
  await spoil()
  expect(apart).toEqual([APART_MS, 2 * APART_MS])
})
