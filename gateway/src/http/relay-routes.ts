import type { IncomingMessage, ServerResponse } from 'node:http'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import type { Front } from './front/front.ts'
import { createRelayHandler, type RelayHandlerOptions } from './relay-handler.ts'
import { ambiguityOf, MAXIMUM_TARGET_BYTES } from './request-target.ts'

export interface RelayRoutesOptions extends RelayHandlerOptions {
  readonly fronts: readonly Front[]
  readonly requestIdOf: (request: IncomingMessage) => string
  readonly log: (error: unknown, requestId: string) => void
}

export interface RelayRoutes {
  /** Answers what is for the model APIs and returns true; leaves everything else, and whatever is ambiguous, to the framework. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** Whether a request target is one of the model APIs'. */
  has(target: string): boolean
}

export function createRelayRoutes(options: RelayRoutesOptions): RelayRoutes {
  const handlers = new Map(
    ENDPOINT_DEFINITIONS.flatMap((endpoint) => {
      const handle = createRelayHandler({ endpoint }, options)
      return endpoint.paths.map((path) => [path, handle] as const)
    }),
  )
  for (const front of options.fronts) handlers.set(front.path, createRelayHandler({ front }, options))
  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '' } = request
    const relayed = method === 'POST' && url.length <= MAXIMUM_TARGET_BYTES ? handlers.get(pathOf(url)) : undefined
    if (relayed === undefined || ambiguityOf({ url, httpVersion: request.httpVersion, rawHeaders: request.rawHeaders }) !== undefined)
      return false
    const id = options.requestIdOf(request)
    relayed({ request, response, id }).catch((error: unknown) => {
      // The handler answers every failure itself; this one is in the handler.
      options.log(error, id)
      response.destroy()
    })
    return true
  }
  return { handle, has: (target) => handlers.has(pathOf(target)) }
}

function pathOf(target: string): string {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}
