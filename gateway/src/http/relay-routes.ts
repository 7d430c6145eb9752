import type { IncomingMessage, ServerResponse } from 'node:http'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import { createRelayHandler, type RelayHandlerOptions } from './relay-handler.ts'
import { ambiguityOf, MAXIMUM_TARGET_BYTES } from './request-target.ts'

export interface RelayRoutesOptions extends RelayHandlerOptions {
  readonly requestIdOf: (request: IncomingMessage) => string
  readonly log: (error: unknown, requestId: string) => void
}

const RELAYED: ReadonlySet<string> = new Set(ENDPOINT_DEFINITIONS.flatMap(({ paths }) => paths))

/** Whether a request target is one of the model APIs'. */
export function isRelayed(target: string): boolean {
  return RELAYED.has(pathOf(target))
}

/** Answers what is for the model APIs and returns true; leaves everything else, and whatever is ambiguous, to the framework. */
export function createRelayRoutes(options: RelayRoutesOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  const handlers = new Map(
    ENDPOINT_DEFINITIONS.flatMap((endpoint) => {
      const handle = createRelayHandler(endpoint, options)
      return endpoint.paths.map((path) => [path, handle] as const)
    }),
  )
  return (request, response) => {
    const { method, url = '' } = request
    const handle = method === 'POST' && url.length <= MAXIMUM_TARGET_BYTES ? handlers.get(pathOf(url)) : undefined
    if (handle === undefined || ambiguityOf({ url, httpVersion: request.httpVersion, rawHeaders: request.rawHeaders }) !== undefined)
      return false
    const id = options.requestIdOf(request)
    handle({ request, response, id }).catch((error: unknown) => {
      // The handler answers every failure itself; this one is in the handler.
      options.log(error, id)
      response.destroy()
    })
    return true
  }
}

function pathOf(target: string): string {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}
