import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { createAdminAuthenticator, requireOwnPassword } from '../admin/authenticate-admin.ts'
import { mountAdmin } from '../admin/mount.ts'
import { auditRefused } from '../auth/audit/audit-refused.ts'
import { askerAs, isBlocked } from '../auth/blocks/is-blocked.ts'
import type { AdminSettings } from '../config/snapshot.ts'
import { cameByTls } from '../http/came-by-tls.ts'
import { createProxyTrust } from '../http/client-address.ts'
import { allRoutes, type ControlParts } from './control-plane.ts'

/** The management API on a server. */
export function mountControl(server: FastifyInstance, parts: ControlParts): void {
  const { accounts, gateway, log, store, product } = parts
  const admin = () => gateway().snapshot.admin
  mountAdmin(server, {
    routes: () => allRoutes(parts),
    isEnabled: () => admin().enabled,
    authenticate: createAdminAuthenticator({ accounts, publicUrl: () => admin().publicUrl }),
    mayGoOn: (actor, permission) => {
      if (permission !== 'public') requireOwnPassword(actor, permission)
    },
    isBlocked: ({ address, actor }) =>
      isBlocked(gateway().snapshot.blocks, actor?.kind === 'user' ? { address, ...askerAs(actor) } : { address }, Date.now()),
    allowedHosts: () => hostsOf(admin()),
    bodyLimit: () => admin().bodyLimit,
    addressOf: (request) => gateway().addressOf(request),
    isSecure: (request) => isSecure(request, gateway().snapshot.server.trustedProxies),
    started(cancel) {
      const open = { cancel, place: undefined }
      gateway().requests.add(open)
      return () => gateway().requests.remove(open)
    },
    version: product.version,
    log: (error, requestId) => log.error({ id: requestId, error }, 'a request to the management API failed inside of the gateway'),
    onRefused: auditRefused(store, Date.now),
  })
}

function hostsOf({ hosts, publicUrl }: AdminSettings): readonly string[] {
  return publicUrl === undefined ? hosts : [...hosts, new URL(publicUrl).hostname]
}

function isSecure({ socket, headers }: IncomingMessage, trustedProxies: readonly string[]): boolean {
  const forwardedProto = headers['x-forwarded-proto']?.toString()
  return cameByTls(
    { encrypted: 'encrypted' in socket && socket.encrypted === true, peer: socket.remoteAddress ?? '', forwardedProto },
    createProxyTrust(trustedProxies),
  )
}
