import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import { ClientGone } from '../../errors/client-gone.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toOpenAiError } from '../../errors/openai-error.ts'
import { ClientReply } from '../client-reply.ts'
import { errorHeaders, type RelayHandlerOptions } from '../relay-handler.ts'
import { ambiguityOf, MAXIMUM_TARGET_BYTES } from '../request-target.ts'
import type { Upgrade } from './realtime-handler.ts'
import { holdUnanswered, type Unanswered } from './unanswered.ts'

export interface UpgradeOptions extends RelayHandlerOptions {
  readonly requestIdOf: (request: IncomingMessage) => string
  readonly log: (error: unknown, requestId: string) => void
}

/** Takes the upgrades that `asksForSession` lets through; whoever asks ambiguously is refused. */
export function takeUpgrades(server: Server, options: UpgradeOptions): void {
  let loading: Promise<(upgrade: Upgrade) => Promise<void>> | undefined
  // With the library for WebSockets, of which a gateway without sessions needs nothing.
  const load = async () => (await import('./realtime-handler.ts')).createRealtimeHandler(options)
  const handle = async (upgrade: Upgrade) => {
    loading ??= load()
    await (
      await loading
    )(upgrade)
  }
  server.on('upgrade', (request, socket, head) => {
    // Always one on a server without TLS.
    if (!(socket instanceof Socket)) return void socket.destroy()
    const cancel = new AbortController()
    const waiting = holdUnanswered(request, socket, () => cancel.abort(new ClientGone()))
    if (waiting === undefined) return void socket.destroy()
    const id = options.requestIdOf(request)
    const refusal = refusalOf(request)
    if (refusal !== undefined) return refuse(refusal, waiting, id)
    handle({ request, socket, head, id, waiting, cancel }).catch((error: unknown) => {
      // The handler answers every failure itself; this one is in the handler.
      options.log(error, id)
      socket.destroy()
    })
  })
}

function refusalOf({ url = '', httpVersion, rawHeaders }: IncomingMessage): GatewayError | undefined {
  if (url.length > MAXIMUM_TARGET_BYTES) return new GatewayError('uri_too_long', 'The request target is too long')
  const ambiguity = ambiguityOf({ url, httpVersion, rawHeaders })
  return ambiguity === undefined ? undefined : new GatewayError('ambiguous_request', `The request is ambiguous: ${ambiguity}`)
}

function refuse(error: GatewayError, { response }: Unanswered, requestId: string): void {
  const client = new ClientReply({ response, address: '', headers: {}, requestId, idHeaders: [], closing: () => true })
  client.send(error.status, errorHeaders(error), JSON.stringify(toOpenAiError(error)))
}
