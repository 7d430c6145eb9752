import { STATUS_CODES } from 'node:http'
import type { Reply, Step } from '../reply.ts'

export const LAST_CHUNK = Buffer.from('0\r\n\r\n')
const CRLF = Buffer.from('\r\n')

/** Status line, headers and the blank line. `extra` are whole header lines. */
export function headBytes(reply: Reply, extra: readonly string[] = []): Buffer {
  return Buffer.from(`${statusLine(String(reply.status))}\r\n${[...headerLines(reply), ...extra].join('\r\n')}\r\n\r\n`, 'latin1')
}

export function statusLine(status: string): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Odd'}`
}

export function headerLines(reply: Reply): readonly string[] {
  return Object.entries(reply.headers).map(([name, value]) => `${name}: ${value}`)
}

export function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, CRLF])
}

/** The body as it would be written: one buffer for each event, pauses between. */
export function writesOf(reply: Reply): readonly Step[] {
  const { body } = reply
  if (body.kind === 'bytes') return [body.bytes]
  if (body.kind === 'events')
    return body.events.flatMap((event): Step[] => (event.waitMs > 0 ? [{ waitMs: event.waitMs }, event.bytes] : [event.bytes]))
  return [...body.steps]
}

function buffersOf(reply: Reply): readonly Buffer[] {
  return writesOf(reply).filter((step): step is Buffer => Buffer.isBuffer(step))
}

/** The body in one piece. */
export function bodyBytes(reply: Reply): Buffer {
  return Buffer.concat(buffersOf(reply))
}

/** The same answer with the body in one piece under content-length. */
export function withBytes(reply: Reply, bytes: Buffer): Reply {
  return { ...reply, body: { kind: 'bytes', bytes } }
}

export function withSteps(reply: Reply, steps: Iterable<Step>): Reply {
  return { ...reply, body: { kind: 'steps', steps } }
}

/** Exactly these bytes on the socket; the connection ends after them. */
export function withRaw(reply: Reply, steps: Iterable<Step>): Reply {
  return { ...reply, body: { kind: 'raw', steps } }
}

/** A whole answer written by hand, for heads that node:http would refuse to write. The connection ends after it. */
export function rawAnswer(reply: Reply, extra: readonly string[]): readonly Step[] {
  const bytes = bodyBytes(reply)
  return [headBytes(reply, [...extra, `content-length: ${bytes.length}`, 'connection: close']), bytes]
}

/** What is sent before the fault strikes: the first `at` events of a stream, the first `at` bytes of anything else. */
export function before(reply: Reply, at: number | undefined): readonly Step[] {
  if (reply.body.kind === 'events') {
    const { events } = reply.body
    return writesOf({ ...reply, body: { kind: 'events', events: events.slice(0, at ?? Math.min(3, events.length - 1)) } })
  }
  const bytes = bodyBytes(reply)
  return [bytes.subarray(0, at ?? Math.floor(bytes.length / 2))]
}
