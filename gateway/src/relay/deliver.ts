import { isObject, type JsonObject } from '../lib/json.ts'
import { wantsStream, type Call } from '../endpoints/call.ts'
import { joinEmbeddings } from '../endpoints/embedding-parts.ts'
import { readUsage } from '../endpoints/usage.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import type { Delivered, Delivery } from './attempt.ts'
import { collect } from './collect.ts'
import { deliverBytes } from './deliver-bytes.ts'
import { deliverJson, readJson } from './deliver-json.ts'
import { deliverStream } from './deliver-stream.ts'
import { deliverText } from './deliver-text.ts'
import { failureOfStatus, protocolFailure } from './failure.ts'
import type { RelayPorts } from './ports.ts'
import { withoutEcho } from './without-echo.ts'
import { withoutKey } from './without-key.ts'

type Failed = Extract<Delivered, { kind: 'failed' }>

/** Error bodies longer than this are cut: nobody reads them. */
const ERROR_BODY_BYTES = 64 * 1024

/** Gives a backend's answer to the client, in the way that fits it. */
export function deliver(delivery: Delivery, ports: RelayPorts): Promise<Delivered> {
  const { call, head } = delivery
  if (!isSuccess(head.status)) return refused(delivery, ports)
  const unfit = unfitness(delivery)
  if (unfit !== undefined) return Promise.resolve(failed(unfit))
  if (wantsStream(call) && call.endpoint.stream !== 'none') return deliverStream(delivery)
  if (call.endpoint.answer === 'bytes') return deliverBytes(delivery)
  const format = call.kind === 'upload' ? call.upload.fields.get('response_format') : undefined
  return format === 'text' || format === 'srt' || format === 'vtt' ? deliverText(delivery) : deliverJson(delivery)
}

/** Embeddings that were asked for in parts, one after the other, as one answer; the first part that fails is the failure of all. */
export async function deliverParts(
  parts: readonly Call[],
  begin: (part: Call) => Promise<Delivery>,
  ports: RelayPorts,
): Promise<Delivered> {
  const answers: { answer: JsonObject; inputs: number }[] = []
  let last: Delivery | undefined
  for (const part of parts) {
    last = await begin(part)
    if (!isSuccess(last.head.status)) return refused(last, ports)
    const unfit = unfitness(last)
    if (unfit !== undefined) return failed(unfit)
    const read = await readJson(last)
    if (read.kind === 'failed') return read
    const input = part.kind === 'json' ? part.fields['input'] : undefined
    answers.push({ answer: isObject(read.json) ? read.json : {}, inputs: Array.isArray(input) ? input.length : 1 })
  }
  return last === undefined ? failed('nothing was asked') : sendJoined(last, answers)
}

function sendJoined({ client, headers }: Delivery, answers: Parameters<typeof joinEmbeddings>[0]): Delivered {
  let joined: JsonObject
  try {
    joined = joinEmbeddings(answers)
  } catch (error) {
    return failed(error instanceof TypeError ? error.message : 'an answer in an unknown shape')
  }
  client.send(200, { ...headers(), 'content-type': 'application/json' }, JSON.stringify(joined))
  return { kind: 'answered', usage: readUsage(joined) }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** Why the body of a success is not worth reading. */
function unfitness({ head }: Delivery): string | undefined {
  const encoding = head.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return `an answer encoded as ${String(encoding)}`
  return head.status === 204 || head.status === 205 ? `status ${head.status} in place of an answer` : undefined
}

async function refused({ head, call, exchange, state, translation }: Delivery, ports: RelayPorts): Promise<Failed> {
  const { backend } = state.instance
  const body = withoutKey(await collect(exchange, ERROR_BODY_BYTES, 'cut'), backend)
  const said = (translation?.codec.decodeError ?? readUpstreamError)(head.status, body)
  const { statusAs, codeAs } = backend.adapter
  const context = { statusAs, codeAs, now: ports.wallClock(), forLog: (text: string) => withoutEcho(text, call) }
  return { kind: 'failed', failure: failureOfStatus(head, said, context) }
}

function failed(why: string): Failed {
  return { kind: 'failed', failure: protocolFailure(why) }
}
