import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { openRealtime } from '../support/realtime-client.ts'
import { textsOf, type Peer } from '../support/realtime-peer.ts'
import { startRealtime } from '../support/start-realtime.ts'

const MEGABYTE = 1024 ** 2

describe('messages', () => {
  it('go both ways in order, text as text and binary as binary, and nothing is compressed', async () => {
    const { url, backend } = await startRealtime()
    const client = await openRealtime(url, { options: { perMessageDeflate: true } })
    const sent = Array.from({ length: 500 }, (_, index) => ({ text: `message ${index} äöü 你好`, binary: index % 3 === 0 }))
    for (const { text, binary } of sent) client.socket.send(Buffer.from(text), { binary })
    const expected = sent.map(({ text, binary }) => `${binary ? 'binary' : 'text'} ${text}`)
    expect(textsOf(await client.heard(500))).toEqual(expected)
    expect(textsOf((await backend.session()).messages)).toEqual(expected)
    expect(client.socket.extensions).toBe('')
    expect(backend.handshakes[0]?.headers).not.toHaveProperty('sec-websocket-extensions')
  })

  it('are passed on whole, whatever their size and their frames', async () => {
    const { url } = await startRealtime()
    const client = await openRealtime(url)
    const large = Buffer.alloc(MEGABYTE, 'abcdefg')
    client.socket.send(large, { binary: true })
    client.socket.send('')
    client.socket.send('one ', { fin: false })
    client.socket.send('message', { fin: true })
    const [first, ...rest] = await client.heard(3)
    expect([first?.binary, first?.data.equals(large)]).toEqual([true, true])
    expect(textsOf(rest)).toEqual(['text ', 'text one message'])
  })

  it('of a backend that speaks first are not lost', async () => {
    const { url } = await startRealtime({ onSession: ({ socket }) => socket.send('{"type":"session.created"}') })
    const client = await openRealtime(url)
    expect(textsOf(await client.heard(1))).toEqual(['text {"type":"session.created"}'])
  })

  it('that a client sends right behind its handshake are not lost', async () => {
    const { url } = await startRealtime()
    const client = await openRealtime(url, {
      options: {
        // The handshake and a masked text frame "hi" in one packet, before the answer can have come.
        finishRequest: (request) => {
          request.flushHeaders()
          request.once('socket', (socket) => socket.once('connect', () => socket.write(frame('hi'))))
          request.end()
        },
      },
    })
    expect(textsOf(await client.heard(1))).toEqual(['text hi'])
  })

  it('larger than the body limit end the session: 1009 to the client that sent it', async () => {
    const { url, backend, settled, records } = await startRealtime({}, { server: { bodyLimit: '64kb' } })
    const client = await openRealtime(url)
    client.socket.send(Buffer.alloc(64 * 1024))
    await client.heard(1)
    client.socket.send(Buffer.alloc(64 * 1024 + 1))
    expect(await client.closed).toEqual({ code: 1009, reason: '' })
    expect(await (await backend.session()).closed).toEqual({ code: 1001, reason: 'The client broke the protocol' })
    await settled(1)
    expect(records[0]).toMatchObject({ status: 101, code: 'session_fault', attempts: [{ outcome: 'client_fault' }] })
  })

  it('larger than the body limit from a backend: 1009 to it, 1011 to the client', async () => {
    const onSession = ({ socket }: { socket: { send(data: Buffer): void } }) => socket.send(Buffer.alloc(64 * 1024 + 1))
    const { url, backend, settled, records } = await startRealtime({ onSession }, { server: { bodyLimit: '64kb' } })
    const client = await openRealtime(url)
    expect(await client.closed).toEqual({ code: 1011, reason: 'The model server broke the protocol' })
    expect(await (await backend.session()).closed).toEqual({ code: 1009, reason: '' })
    await settled(1)
    expect(records[0]).toMatchObject({ status: 101, code: 'stream_interrupted', attempts: [{ outcome: 'protocol' }] })
  })
})

describe('pings', () => {
  it('are answered by the gateway, on each side for itself', async () => {
    const { url, backend } = await startRealtime()
    const client = await openRealtime(url)
    const session = await backend.session()
    let passed = 0
    session.socket.on('ping', () => (passed += 1))
    session.socket.on('pong', () => (passed += 1))
    const ponged = new Promise<string>((resolve) => client.socket.once('pong', (data) => resolve(data.toString())))
    client.socket.ping('hello')
    expect(await ponged).toBe('hello')
    client.socket.send('x')
    await client.heard(1)
    expect(passed).toBe(0)
  })
})

describe('a slow reader', () => {
  const MESSAGES = 64
  /** So often in a row nothing has moved. */
  const STILL_LOOKS = 20

  it.each([['backend'], ['client']])('holds the sender up, and gets all of it in the end: the %s', async (slow) => {
    const pair = await startRealtime({ onSession: ({ socket }) => slow === 'backend' && socket.pause() })
    const client = await openRealtime(pair.url)
    const session = await pair.backend.session()
    const [sender, reader] = slow === 'backend' ? [client, session] : [session, client]
    reader.socket.pause()
    let sent = 0
    const sending = (async () => {
      for (; sent < MESSAGES; sent += 1) await send(sender, Buffer.alloc(MEGABYTE, sent))
    })()
    // The kernel's buffers take some of it, the gateway little more than a message: what is left stays with the sender.
    let before = -1
    let looks = 0
    await eventually(() => {
      looks = sent === before ? looks + 1 : 0
      before = sent
      if (looks < STILL_LOOKS) throw new Error(`the sender still gets rid of its messages: ${sent} are sent`)
    })
    expect(sent).toBeLessThan(MESSAGES / 2)
    reader.socket.resume()
    await sending
    const got = await reader.heard(MESSAGES)
    expect(got.map(({ data }) => [data.length, data[0]])).toEqual(Array.from({ length: MESSAGES }, (_, index) => [MEGABYTE, index]))
  })
})

/** A text frame as a client sends it, with a mask of zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}

/** Resolves when the message has left for the kernel. */
function send({ socket }: Peer, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, (error) => (error === undefined || error === null ? resolve() : reject(error)))
  })
}
