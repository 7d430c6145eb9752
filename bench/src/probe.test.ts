import { createServer, type AddressInfo, type Socket } from 'node:net'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { AnswerReader, probe } from './probe.ts'

const JSON_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}'
const TOKEN = 'data: {"choices":[{"index":0,"delta":{"content":" one"}}]}\n\n'
const DONE = 'data: [DONE]\n\n'

function streamOf(...events: readonly string[]): string {
  const chunks = events.map((event) => `${event.length.toString(16)}\r\n${event}\r\n`)
  return `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`
}

test.each([
  { answer: JSON_ANSWER, tokenSeen: false, problem: undefined },
  { answer: JSON_ANSWER.replace('200 OK', '503 Busy'), tokenSeen: false, problem: 'the answer was: http/1.1 503 busy' },
  { answer: streamOf(TOKEN, TOKEN, DONE), tokenSeen: true, problem: undefined },
  { answer: streamOf(TOKEN, TOKEN), tokenSeen: true, problem: 'a stream without its first token or its [DONE]' },
  { answer: streamOf('data: {"error":{}}\n\n', DONE), tokenSeen: false, problem: 'a stream without its first token or its [DONE]' },
])('$problem: read the same however it is cut into pieces', ({ answer, tokenSeen, problem }) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: answer.length - 1 }), { maxLength: 6 }), (cuts) => {
      const reader = new AnswerReader()
      const places = [0, ...cuts.sort((a, b) => a - b), answer.length]
      for (const [index, place] of places.slice(1).entries()) {
        expect(reader.ended).toBe(false)
        const piece = answer.slice(places[index], place)
        if (piece !== '') reader.push(Buffer.from(piece))
      }
      expect({ ended: reader.ended, tokenSeen: reader.tokenSeen, problem: reader.problem }).toEqual({ ended: true, tokenSeen, problem })
    }),
  )
})

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const RUN = { request: Buffer.from('POST / HTTP/1.1\r\n\r\n'), connections: 2, durationMs: 100, staggerMs: 1 }

test('every connection asks until the time is over', async () => {
  const port = await listen((socket) => socket.on('data', () => socket.write(JSON_ANSWER)))
  const result = await probe({ ...RUN, port })
  expect(result).toMatchObject({ errors: 0, firstError: undefined, firstTokenMs: [] })
  expect(result.requests).toBeGreaterThanOrEqual(RUN.connections)
  expect(result.completeMs).toHaveLength(result.requests)
})

test('a broken connection is an error, and ends only itself', async () => {
  let connections = 0
  const port = await listen((socket) => {
    connections += 1
    if (connections === 1) socket.destroy()
    else socket.on('data', () => socket.write(streamOf(TOKEN, DONE)))
  })
  const result = await probe({ ...RUN, port })
  expect(result.errors).toBe(1)
  expect(result.firstError).toMatch(/closed|ECONNRESET/)
  expect(result.requests).toBeGreaterThan(0)
  expect(result.firstTokenMs).toHaveLength(result.requests)
})
