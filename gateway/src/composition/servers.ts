import type { FastifyInstance } from 'fastify'
import type { ServerSettings } from '../config/snapshot.ts'
import { PictureRefused } from '../errors/picture-refused.ts'
import { stopServing } from '../http/drain.ts'
import { describeReadiness } from '../http/readiness.ts'
import { createAdminServer, createServer, type ServerOptions } from '../http/server.ts'
import { createPictureFetcher } from '../upstream/fetch-picture.ts'
import { createLateDialer } from '../upstream/late-dial.ts'
import type { FetchPicture } from '../upstream/port.ts'
import type { Parts } from './parts.ts'

/** Both ports of the gateway; without `admin.port` there is one. */
export interface Servers {
  readonly model: FastifyInstance
  readonly admin: FastifyInstance | undefined
}

/** The public surface over the parts that it needs. */
export function buildServers(parts: Parts): Servers {
  const options = serverOptions(parts)
  const { mount, live } = parts
  if (live.snapshot.admin.port === undefined) {
    return { model: createServer({ ...options, ...(mount === undefined ? {} : { mount }) }), admin: undefined }
  }
  return { model: createServer({ ...options, modelsOnly: true }), admin: createAdminServer({ ...options, mount: mount ?? (() => {}) }) }
}

function serverOptions({
  tracing,
  overload,
  live,
  memory,
  states,
  traces,
  responses,
  settled,
  onSettled,
  pools,
  policy,
  health,
  metrics,
  experiments,
  protection,
  requests,
  reloads,
  now,
  log,
  budgets,
  door,
  addressOf,
}: Parts): ServerOptions {
  return {
    ports: {
      snapshot: () => live.snapshot,
      open: pools.open,
      fetchPicture: pictureFetcher(() => live.snapshot.server),
      dial: createLateDialer(policy),
      states,
      ...memory,
      budgets,
      door,
      protection: protection.events,
      now,
      wallClock: Date.now,
      random: Math.random,
      reportHealth: health.report,
      mayHedge: () => overload.level() === 'calm',
      settle(record) {
        settled.add(record)
        onSettled?.(record)
      },
      shadowSettled(record) {
        tracing.shadowSettled(record)
        metrics.shadowSettled(record)
        experiments.add(record, 'shadow')
      },
    },
    addressOf,
    door,
    responses,
    traces,
    tracing,
    closing: () => requests.draining,
    overload,
    requestStarted(request) {
      metrics.requestStarted()
      requests.add(request)
    },
    requestEnded: (request) => requests.remove(request),
    readiness: () =>
      describeReadiness({ snapshot: live.snapshot, statusOf: health.statusOf, draining: requests.draining, reload: reloads.state }),
    metrics,
    // Whoever asks for metrics, or anything of the management API, is told of all that is over.
    onOther: () => settled.flush(),
    log: (error, id) => log.error({ id, error }, 'a request failed inside of the gateway'),
  }
}

/** As the settings are at the time. */
function pictureFetcher(settings: () => ServerSettings): FetchPicture {
  return (url, signal) => {
    const { fetch, ...bounds } = settings().pictures
    if (fetch) return createPictureFetcher(bounds)(url, signal)
    return Promise.reject(new PictureRefused('not-allowed', 'This model takes pictures only as data, and the gateway fetches none'))
  }
}

/** Opens both ports; resolves with the addresses, `http://host:port`. */
export async function openPorts(
  { model, admin }: Servers,
  settings: { readonly server: ServerSettings; readonly adminPort: number | undefined },
): Promise<{ readonly model: string; readonly admin: string }> {
  const { host, port } = settings.server
  const opened = await listen(model, host, port)
  return { model: opened, admin: admin === undefined ? opened : await listen(admin, host, settings.adminPort ?? 0) }
}

/** Stops as `server.drain` says. The management API is there for as long as somebody may want to see how the stop goes on. */
export async function closePorts(
  { model, admin }: Servers,
  { how, ...options }: Omit<Parameters<typeof stopServing>[0], 'server' | 'how'> & { readonly how: 'now' | undefined },
): Promise<void> {
  await stopServing({ server: model, ...options, ...(how === undefined ? {} : { how }) })
  await admin?.close()
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  await server.listen({ host, port })
  return `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server) ?? port}`
}

/** Where it listens; undefined while it does not. */
export function portOf({ server }: FastifyInstance): number | undefined {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}
