import { mix32 } from '../../lib/hash.ts'
import { bytesReply, event, type Reply } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, withBytes, withRaw } from './wire.ts'

const PAGE = '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** U9: what comes is not what was asked for. `at` is the event that is hit (2). */
export const garbageFaults = {
  garbage: {
    about: '`bytes` random bytes instead of HTTP (512), then FIN',
    reads: ['bytes'],
    apply: (reply, { bytes = 512 }) => withRaw(reply, [noise(Math.min(bytes, 1_048_576))]),
  },
  'http-0.9': { about: 'the body without a head, then FIN', reads: [], apply: (reply) => withRaw(reply, [bodyBytes(reply)]) },
  html: {
    about: 'status 200 with an HTML page',
    reads: [],
    apply: (reply) => ({ ...bytesReply(200, 'text/html', Buffer.from(PAGE)), headers: { ...reply.headers, 'content-type': 'text/html' } }),
  },
  bom: {
    about: 'a byte order mark before the body',
    reads: [],
    apply: (reply) => withBytes(reply, Buffer.concat([BOM, bodyBytes(reply)])),
  },
  'leading-blanks': {
    about: 'blank lines before the body, as DeepSeek sends them while it waits',
    reads: ['count'],
    apply: (reply, { count = 8 }) => withBytes(reply, Buffer.concat([Buffer.from('\n'.repeat(Math.min(count, 10_000))), bodyBytes(reply)])),
  },
  'broken-json': {
    about: 'JSON cut in half, with the length it has; in a stream event `at`',
    reads: ['at'],
    apply: (reply, { at = 2 }) => change(reply, at, (text) => Buffer.from(text.slice(0, Math.floor(text.length / 2)))),
  },
  'invalid-utf8': {
    about: 'two bytes that are no UTF-8 within a string; in a stream in event `at`',
    reads: ['at'],
    apply: (reply, { at = 2 }) => change(reply, at, spoilt),
  },
  'empty-body': { about: 'status 200 and nothing', reads: [], apply: (reply) => withBytes(reply, Buffer.alloc(0)) },
  'wrong-content-type': {
    about: 'the right body labelled `type` (text/plain)',
    reads: ['type'],
    apply: (reply, { type = 'text/plain' }) => ({ ...reply, headers: { ...reply.headers, 'content-type': type } }),
  },
  'json-for-stream': {
    about: 'a plain JSON answer to who asked for a stream',
    reads: [],
    apply: (reply, _, context) => ({ ...context.plain(), headers: { ...reply.headers, 'content-type': 'application/json' } }),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => mix32(7, index) & 0xff))
}

function change(reply: Reply, at: number, changed: (text: string) => Buffer): Reply {
  if (reply.body.kind !== 'events') return withBytes(reply, changed(bodyBytes(reply).toString('utf8')))
  const events = reply.body.events.map((sent, index) => {
    if (index !== at) return sent
    return { ...event(''), bytes: Buffer.concat([Buffer.from('data: '), changed(sent.data), Buffer.from('\n\n')]) }
  })
  return { ...reply, body: { kind: 'events', events } }
}

/** 0xC3 opens a character of two bytes that 0x28 cannot end. */
function spoilt(text: string): Buffer {
  const mark = ['"content":"', '"text":"', '":"'].map((start) => ({ start, at: text.indexOf(start) })).find(({ at }) => at >= 0)
  const offset = mark === undefined ? text.length : mark.at + mark.start.length
  return Buffer.concat([Buffer.from(text.slice(0, offset)), Buffer.from([0xc3, 0x28]), Buffer.from(text.slice(offset))])
}
