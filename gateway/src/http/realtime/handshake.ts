import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { modelOf } from '../../endpoints/parse-json-call.ts'
import { REALTIME } from '../../endpoints/realtime.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { SessionWishes } from '../../relay/encode-session.ts'

/** A browser can set no header: OpenAI's clients then send the key as a subprotocol of this name. */
const KEY_PROTOCOL = 'openai-insecure-api-key.'
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`|~a-z]+$/
/** 16 bytes in base64 (RFC 6455 4.1). */
const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/
const VERSION = '13'
/** Parameters that carry a key with some servers; the client's is not to go on. */
const KEY_PARAMETER = /^(?:x-)?(?:api[-_]?key|key|(?:access[-_]?)?token|authorization)$/i

/** Whether a request target is the one for sessions. */
export function isRealtimeTarget(target: string | undefined): boolean {
  return target !== undefined && REALTIME.paths.includes(target.split('?', 1)[0] ?? '')
}

/** Whether a request asks for a session. All other upgrades are ignored, as HTTP allows: HTTP/2 clients try one with any request. */
export function asksForSession({ method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  return method === 'GET' && isRealtimeTarget(url) && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Throws what the handshake lacks; to be asked before anything is done for it. */
export function checkHandshake(headers: IncomingHttpHeaders): void {
  if (headers['sec-websocket-version'] !== VERSION)
    throw new GatewayError('upgrade_required', `The only version of the WebSocket protocol is ${VERSION}`, {
      headers: { upgrade: 'websocket', 'sec-websocket-version': VERSION },
    })
  if (!HANDSHAKE_KEY.test(headers['sec-websocket-key'] ?? ''))
    throw new GatewayError('invalid_request', 'The header Sec-WebSocket-Key is missing or not valid')
}

/** The subprotocols of a handshake, and the key that one of them may carry. Throws 400 for what is no list of different tokens. */
export function readProtocols(headers: IncomingHttpHeaders): { readonly protocols: readonly string[]; readonly key: string | undefined } {
  const all = listOf(headers['sec-websocket-protocol'])
  if (all.some((name) => !TOKEN.test(name)) || new Set(all).size < all.length)
    throw new GatewayError('invalid_request', 'The header Sec-WebSocket-Protocol must list different tokens')
  const carrier = all.find(carriesKey)
  return { protocols: all.filter((name) => !carriesKey(name)), key: carrier?.slice(KEY_PROTOCOL.length) }
}

function carriesKey(protocol: string): boolean {
  return protocol.toLowerCase().startsWith(KEY_PROTOCOL)
}

/** Request target -> the model, and what else is asked for. Throws a 400 that names the parameter. */
export function readTarget(target: string): { readonly model: string } & Pick<SessionWishes, 'query'> {
  const at = target.indexOf('?')
  const query = new URLSearchParams(at < 0 ? '' : target.slice(at + 1))
  const [model, second] = query.getAll('model')
  if (second !== undefined) throw new GatewayError('duplicate_field', 'The parameter "model" stands in the query twice', { param: 'model' })
  return { model: modelOf(model), query: [...query].filter(([name]) => name !== 'model' && !KEY_PARAMETER.test(name)) }
}

function listOf(header: string | undefined): string[] {
  return header === undefined ? [] : header.split(',').map((entry) => entry.trim())
}
