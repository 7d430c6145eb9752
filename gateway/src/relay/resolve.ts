import { mayUse } from '../config/may-use.ts'
import type { KeyRecord, PublicModel, Route, Snapshot } from '../config/snapshot.ts'
import { SERVICE_OF_ENDPOINT, type Service } from '@jairouter/contract/names'
import type { Call } from '../endpoints/call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { nearest } from '../lib/nearest.ts'

/** Seconds after which a client may ask again when no instance could serve: about one probe. */
export const RETRY_AFTER_SECONDS = 5

/** call + snapshot -> route. Throws 403 when the key may not use the service or the model, 404 when there is none, 503 when one may still be discovered. */
export function resolveRoute(call: Call, snapshot: Snapshot, key: KeyRecord | undefined): Route {
  const service = SERVICE_OF_ENDPOINT[call.endpoint.id]
  if (key !== undefined) requireService(key, service)
  const routes = snapshot.routes.get(service)
  const route = routes?.get(call.model)
  if (route !== undefined) {
    if (key !== undefined) requireModel(key, call.model)
    return route
  }
  if (snapshot.undiscovered.length > 0) {
    throw new GatewayError(
      'no_healthy_instance',
      `The model "${call.model}" is not known yet: a model server that may have it has not answered so far`,
      {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      },
    )
  }
  throw new GatewayError('model_not_found', notFoundText(call.model, service, usableNames(service, snapshot, key)), { param: 'model' })
}

/** Names and aliases of the service's models that the key may use. */
export function usableNames(service: Service, { routes }: Snapshot, key: KeyRecord | undefined): readonly string[] {
  return [...(routes.get(service)?.keys() ?? [])].filter((name) => key === undefined || mayUse(key, name))
}

/** Whether a model is shown to who comes with this key. */
export function maySee(key: KeyRecord | undefined, { id, services }: Pick<PublicModel, 'id' | 'services'>): boolean {
  if (key === undefined) return true
  return mayUse(key, id) && (key.services === undefined || services.some((service) => key.services?.includes(service) === true))
}

/** Throws 403 where the key is not for this service, or not for this model. */
export function requireAllowed(key: KeyRecord, { service, model }: { readonly service: Service; readonly model: string }): void {
  requireService(key, service)
  requireModel(key, model)
}

function requireService(key: KeyRecord, service: Service): void {
  if (key.services === undefined || key.services.includes(service)) return
  throw new GatewayError('permission_denied', `This API key may not be used for ${service}`)
}

function requireModel(key: KeyRecord, model: string): void {
  if (!mayUse(key, model)) throw new GatewayError('model_not_allowed', `This API key may not use the model "${model}"`, { param: 'model' })
}

function notFoundText(model: string, service: string, names: readonly string[]): string {
  const text = `There is no model "${model}" for ${service}`
  const near = nearest(model, names)
  if (near !== undefined) return `${text}; did you mean "${near}"?`
  if (names.length === 0) return text
  return `${text}; there is ${names
    .slice(0, 5)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 5 ? `, and ${names.length - 5} more` : ''}`
}
