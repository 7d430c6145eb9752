import type { FastifyInstance } from 'fastify'

export interface Readiness {
  readonly ready: boolean
  /** Why, in a form for people and scripts. */
  readonly details: object
}

export interface OpsRouteOptions {
  readonly readiness: () => Readiness
  readonly metrics: { readonly contentType: string; expose(): Promise<string> }
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
    server.get(path, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()))
  }
}
