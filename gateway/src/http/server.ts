import type { FastifyInstance } from 'fastify'
import type { Door } from '../auth/door.ts'
import type { ResponseStore } from '../dialects/responses/response-store.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { createFramework, requestIdOf } from './framework.ts'
import { registerFrontRoutes } from './front/front-routes.ts'
import { createFronts } from './front/fronts.ts'
import { registerModelRoutes } from './model-routes.ts'
import { registerHealthRoutes, registerMetricsRoutes, type OpsRouteOptions } from './ops-routes.ts'
import { asksForSession, isRealtimeTarget } from './realtime/handshake.ts'
import { takeUpgrades } from './realtime/upgrades.ts'
import type { RelayHandlerOptions } from './relay-handler.ts'
import { createRelayRoutes } from './relay-routes.ts'

/** Adds the management API to a server, which knows nothing of it. */
export type Mount = (server: FastifyInstance) => void

export interface ServerOptions extends OpsRouteOptions, RelayHandlerOptions {
  readonly door: Door
  /** Where responses are kept between requests. */
  readonly responses: ResponseStore
  readonly log: (error: unknown, requestId: string) => void
  /** Called before a request that may ask how things stand is answered. */
  readonly onOther: () => void
  /** Adds what is beside the model APIs. Left out where there is no such thing. */
  readonly mount?: Mount
  /** The metrics, too, are on a port of their own (`createAdminServer`). */
  readonly modelsOnly?: boolean
}

/** The public HTTP surface. Hooks outside of the relay: identify, refuse ambiguity, the error envelope. */
export function createServer(options: ServerOptions): FastifyInstance {
  const relayRoutes = createRelayRoutes({ ...options, requestIdOf, fronts: createFronts(options.responses) })
  const server = createFramework({
    ...options,
    // The model APIs are answered before the framework looks: its router, request and reply cost a tenth of a small request.
    handleFirst: relayRoutes.handle,
    asksForUpgrade: asksForSession,
    missing: (target) => missing(target, relayRoutes.has(target)),
  })
  registerModelRoutes(server, { ...options.ports, ...options })
  registerFrontRoutes(server, { ...options.ports, ...options })
  registerHealthRoutes(server, options)
  if (options.modelsOnly !== true) registerMetricsRoutes(server, options)
  options.mount?.(server)
  takeUpgrades(server.server, { ...options, requestIdOf })
  return server
}

function missing(target: string, isRelayed: boolean): GatewayError {
  if (isRealtimeTarget(target)) {
    const upgrade = { headers: { upgrade: 'websocket' } }
    return new GatewayError('upgrade_required', 'This path takes WebSocket connections only', upgrade)
  }
  return isRelayed ? new GatewayError('method_not_allowed', 'This path takes POST only') : nothingHere()
}

/**
 * What is not of the model APIs, on a port of its own (`admin.port`): the management API, metrics, and health, which
 * stays on the public port as well, since load balancers ask for it there.
 */
export function createAdminServer(
  options: OpsRouteOptions & Pick<ServerOptions, 'closing' | 'log' | 'onOther'> & { readonly mount: Mount },
): FastifyInstance {
  const server = createFramework({ ...options, handleFirst: () => false, asksForUpgrade: () => false, missing: nothingHere })
  registerHealthRoutes(server, options)
  registerMetricsRoutes(server, options)
  options.mount(server)
  return server
}

function nothingHere(): GatewayError {
  return new GatewayError('not_found', 'There is nothing at this path')
}
