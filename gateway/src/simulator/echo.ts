import type { SeenRequest } from './seen.ts'
import { isObject } from './json.ts'
import { event, type Reply } from './reply.ts'

/** The answer with an extra field `echo`: what arrived, as it arrived. In a stream the first event carries it. */
export function withEcho(reply: Reply, seen: SeenRequest): Reply {
  const { method, path, headers, rawHeaders, body } = seen
  const echo = { method, path, headers, rawHeaders, body: body.toString('base64') }
  const add = (text: string): string => {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(isObject(value) ? { ...value, echo } : value)
  }
  if (reply.body.kind === 'events') {
    const events = reply.body.events.map((sent, index) => (index === 0 ? event(add(sent.data)) : sent))
    return { ...reply, body: { kind: 'events', events } }
  }
  if (reply.body.kind !== 'bytes' || reply.headers['content-type'] !== 'application/json') return reply
  return { ...reply, body: { kind: 'bytes', bytes: Buffer.from(add(reply.body.bytes.toString('utf8'))) } }
}
