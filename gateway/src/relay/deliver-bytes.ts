import type { Delivered, Delivery } from './attempt.ts'
import { mediaTypeOf } from '../lib/media-type.ts'
import { failureOf, protocolFailure } from './failure.ts'

/** Speech: passed on while it arrives, with the backend's content type. Broken off, the client's connection breaks, too. */
export async function deliverBytes(delivery: Delivery): Promise<Delivered> {
  const { exchange, head, client, limits } = delivery
  const type = String(head.headers['content-type'] ?? 'application/octet-stream')
  const mediaType = mediaTypeOf(type)
  if (/^(text\/html|application\/(problem\+)?json)$/.test(mediaType))
    return { kind: 'failed', failure: protocolFailure(`${mediaType} in place of audio`) }
  const first = await exchange.read()
  delivery.arrived()
  if (first === undefined) return { kind: 'failed', failure: protocolFailure('an empty answer') }
  client.start(200, { ...delivery.headers(), 'content-type': type })
  try {
    for (let chunk: Buffer | undefined = first; chunk !== undefined; chunk = await exchange.read()) {
      const blocked = client.write(chunk)
      if (blocked === undefined) limits.progress()
      else {
        limits.pause()
        await blocked
        limits.progress()
      }
    }
    client.end()
    return { kind: 'answered', usage: undefined }
  } catch (error) {
    client.cut()
    return { kind: 'answered', usage: undefined, broken: failureOf(error) }
  }
}
