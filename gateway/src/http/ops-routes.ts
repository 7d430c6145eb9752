import type { FastifyInstance } from 'fastify'
import { CONTENT_TYPES, formatFor, type ExpositionFormat } from '../telemetry/exposition.ts'

export interface Readiness {
  readonly ready: boolean
  /** Why, in a form for people and scripts. */
  readonly details: object
}

export interface OpsRouteOptions {
  readonly readiness: () => Readiness
  readonly metrics: { expose(format: ExpositionFormat): string }
}

/** For orchestrators and load balancers. */
export function registerHealthRoutes(server: FastifyInstance, { readiness }: OpsRouteOptions): void {
  server.get('/health/live', () => ({ status: 'ok' }))
  for (const path of ['/health/ready', '/actuator/health']) {
    server.get(path, (_request, reply) => {
      const { ready, details } = readiness()
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', ...details })
    })
  }
}

/** For scrapers. */
export function registerMetricsRoutes(server: FastifyInstance, { metrics }: OpsRouteOptions): void {
  for (const path of ['/metrics', '/actuator/prometheus']) {
    server.get(path, (request, reply) => {
      const format = formatFor(request.headers.accept)
      return reply.header('vary', 'accept').type(CONTENT_TYPES[format]).send(metrics.expose(format))
    })
  }
}
