import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { answerTo, chatBody, jsonBody, questionOf, streamBody, toWire } from './answer-wire.ts'
import { startRawBackend, type RawBackend, type RawRequest } from './raw-backend.ts'

/** How much of a stream's content is sent as one event, and how many events in one write. */
const EVENT_CHARACTERS = 1_000
const EVENTS_PER_WRITE = 16

export interface LongStreamBackend extends RawBackend {
  /** The length of each stream, framing included. */
  readonly streamBytes: number
  /** Of each stream so far: what has left the backend's process. */
  sent(): readonly number[]
  /** Streams that wait for room. */
  paused(): number
}

interface LongStream {
  readonly socket: Socket
  readonly from: number
  waiting: boolean
}

/** Streams of at least `bytes`, each as fast as it is taken; anything but a stream is answered at once. */
export async function startLongStreams(bytes: number): Promise<LongStreamBackend> {
  const streams: LongStream[] = []
  const piece = Buffer.concat(Array.from({ length: EVENTS_PER_WRITE }, () => streamPiece()))
  const pieces = Math.ceil(bytes / piece.length)
  const backend = await startRawBackend((request) => {
    if (request.body['stream'] !== true) {
      const content = answerTo(questionOf(request.body))
      return void request.socket.write(toWire(jsonBody(content), 'application/json', 'content-length'))
    }
    const stream: LongStream = { socket: request.socket, from: request.socket.bytesWritten, waiting: false }
    streams.push(stream)
    void play(stream, request, { piece, pieces })
  })
  const head = HEAD.length + streamEnd().length
  return {
    ...backend,
    streamBytes: head + piece.length * pieces,
    sent: () => streams.map(({ socket, from }) => socket.bytesWritten - socket.writableLength - from),
    paused: () => streams.filter(({ waiting, socket }) => waiting && !socket.destroyed).length,
  }
}

const HEAD = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n')

async function play(stream: LongStream, { socket }: RawRequest, { piece, pieces }: { piece: Buffer; pieces: number }): Promise<void> {
  socket.write(HEAD)
  for (let index = 0; index < pieces && !socket.destroyed; index += 1) {
    if (socket.write(piece)) continue
    stream.waiting = true
    await room(socket)
    stream.waiting = false
  }
  if (!socket.destroyed) socket.end(streamEnd())
}

function room(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

/** One event of a stream's middle. */
function streamPiece(): Buffer {
  const whole = streamBody('x'.repeat(EVENT_CHARACTERS), EVENT_CHARACTERS)
  return whole.subarray(0, whole.indexOf('\n\n') + 2)
}

/** Its last words. */
function streamEnd(): Buffer {
  return streamBody('')
}

export interface StalledClient {
  /** Resolves once the answer has begun. */
  readonly begun: Promise<void>
  /** Reads all that is left, and gives the number of bytes and the last of them as text. */
  read(): Promise<{ readonly bytes: number; readonly end: string }>
  leave(): void
}

const END_CHARACTERS = 64

/** Asks for a stream, takes the first bytes, and then reads no more. */
export function stall(url: string, question: string): StalledClient {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const body = JSON.stringify(chatBody(question, true))
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  let bytes = 0
  let end = ''
  const take = (chunk: Buffer) => {
    bytes += chunk.length
    end = (end + chunk.toString('latin1')).slice(-END_CHARACTERS)
  }
  const begun = (async () => {
    const [chunk] = await once(socket, 'data')
    socket.pause()
    take(chunk)
  })()
  return {
    begun,
    async read() {
      await begun
      socket.on('data', take).resume()
      await once(socket, 'end')
      return { bytes, end }
    },
    leave: () => void socket.destroy(),
  }
}
