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

/** Health and metrics, for orchestrators and scrapers. */
export function registerOpsRoutes(server: FastifyInstance, { readiness, metrics }: OpsRouteOptions): void {
  server.get('/health/live', () => ({ status: 'ok' }))
  for (const path of ['/health/ready', '/actuator/health']) {
    server.get(path, (_request, reply) => {
      const { ready, details } = readiness()
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', ...details })
    })
  }
  for (const path of ['/metrics', '/actuator/prometheus']) {
    server.get(path, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.expose()))
  }
}
